// graphql-jit and JSON.stringify in this process, timed by whoever writes to standard input:
// node jit.js ./todos.js
//
// A line in: {"query": …, "variables": …, "count": …}
// A line out: {"answer": …, "cpu": …, "wall": …}, the seconds that so many calls took.
import { createInterface } from "node:readline";
import { compileQuery } from "graphql-jit";
import { buildSchema, parse } from "graphql";

const { SDL, RESOLVERS } = await import(process.argv[2]);
const schema = buildSchema(SDL);
for (const [type, resolvers] of Object.entries(RESOLVERS))
  for (const [name, resolve] of Object.entries(resolvers)) schema.getType(type).getFields()[name].resolve = resolve;

const compiled = new Map();

function compile(query) {
  if (!compiled.has(query)) compiled.set(query, compileQuery(schema, parse(query)).query);
  return compiled.get(query);
}

async function time({ query, variables, count }) {
  const execute = compile(query);
  let answer;
  const begin = [process.cpuUsage(), process.hrtime.bigint()];
  for (let call = 0; call < count; call += 1) {
    const result = execute(undefined, undefined, variables);
    answer = JSON.stringify(result instanceof Promise ? await result : result);
  }
  const wall = Number(process.hrtime.bigint() - begin[1]) / 1e9;
  const { user, system } = process.cpuUsage(begin[0]);
  return { answer, cpu: (user + system) / 1e6, wall };
}

for await (const line of createInterface({ input: process.stdin })) {
  process.stdout.write(`${JSON.stringify(await time(JSON.parse(line)))}\n`);
}
