// The schema and data that every peer serves.
import { readFileSync } from "node:fs";

export const SDL = readFileSync(new URL("../schema.graphql", import.meta.url), "utf8");

const USERS = Array.from({ length: 10 }, (_, number) => ({ id: `${number}`, name: `User ${number}` }));

const TODOS = Array.from({ length: 1000 }, (_, number) => ({
  id: `${number}`,
  title: `Todo ${number}`,
  text: `What is to be done, number ${number}`,
  done: number % 2 === 0,
  priority: number % 5,
  user: USERS[number % 10],
}));

export const QUERY = {
  todos: (_, { first }) => TODOS.slice(0, first),
  todo: (_, { id }) => TODOS[id] ?? null,
};

export const authorOf = async (todo) => todo.user;

export const ownersOf = async (todos) => todos.map((todo) => todo.user);

export const RESOLVERS = { Query: QUERY, Todo: { author: authorOf, owner: authorOf } };
