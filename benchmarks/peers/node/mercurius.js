// The todos served by Mercurius with its JIT: node mercurius.js PORT
import Fastify from "fastify";
import mercurius from "mercurius";
import { authorOf, ownersOf, QUERY, SDL } from "./todos.js";

const app = Fastify();
app.register(mercurius, {
  schema: SDL,
  path: "/",
  jit: 1,
  resolvers: { Query: QUERY, Todo: { author: authorOf } },
  loaders: { Todo: { owner: (queries) => ownersOf(queries.map(({ obj }) => obj)) } },
});
await app.listen({ host: "127.0.0.1", port: Number(process.argv[2]) });
