// A server that others wrote, with what clients may ask of one: automatic persisted queries at
// /graphql, registered documents alone at /registered, batches and files at both.
import { createServer } from "node:http";
import { createHash } from "node:crypto";
import { createSchema, createYoga } from "graphql-yoga";
import { useAPQ } from "@graphql-yoga/plugin-apq";
import { usePersistedOperations } from "@graphql-yoga/plugin-persisted-operations";

const todos = [{ id: "1", title: "Milk" }];

const schema = createSchema({
  typeDefs: /* GraphQL */ `
    scalar File
    type Query { todos: [Todo!]! todo(id: ID!): Todo fail: Int }
    type Mutation { createTodo(title: String!): Todo! read(files: [File!]!): [String!]! }
    type Todo { id: ID! title: String! }
  `,
  resolvers: {
    Query: {
      todos: () => todos,
      todo: (_, { id }) => todos.find((todo) => todo.id === id),
      fail: () => { throw new Error("No"); },
    },
    Mutation: {
      createTodo: (_, { title }) => ({ id: "2", title }),
      read: (_, { files }) =>
        Promise.all(files.map(async (file) => `${file.name} ${file.type} ${await file.text()}`)),
    },
  },
});

const registered = new Map(
  ["query Registered { todos { title } }"].map((text) => [
    "sha256:" + createHash("sha256").update(text).digest("hex"),
    text,
  ]),
);

const seen = [];
const common = { schema, batching: true, graphiql: false, landingPage: false, logging: false };
const apq = createYoga({ ...common, graphqlEndpoint: "/graphql", plugins: [useAPQ()] });
const strict = createYoga({
  ...common,
  graphqlEndpoint: "/registered",
  plugins: [
    usePersistedOperations({
      allowArbitraryOperations: true,
      extractPersistedOperationId: (params, request) =>
        params.documentId ?? new URL(request.url).searchParams.get("documentId"),
      getPersistedOperation: (id) => registered.get(id) ?? null,
    }),
  ],
});

const server = createServer((request, response) => {
  if (request.url === "/seen") {
    response.end(JSON.stringify(seen.splice(0)));
    return;
  }
  seen.push(`${request.method} ${request.url}`);
  (request.url.startsWith("/registered") ? strict : apq)(request, response);
});
server.listen(0, "127.0.0.1", () => console.log(server.address().port));
