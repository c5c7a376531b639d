// Other people's clients. `node calls.mjs URL` runs each case and prints what it was given, and
// what it sent: [method, URL, body, status of the response]. `node calls.mjs FOLDER` writes the
// manifest of each client, with the texts as the client prints them.

import { createHash } from "node:crypto";
import { mkdirSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { ApolloClient, HttpLink, InMemoryCache, gql } from "@apollo/client";
import { createPersistedQueryLink } from "@apollo/client/link/persisted-queries";
import { createClient, fetchExchange, gql as urqlDocument, stringifyDocument } from "@urql/core";
import { persistedExchange } from "@urql/exchange-persisted";
import { print } from "graphql";

const relay = createRequire(import.meta.url)("relay-runtime");

const TODOS = "query Todos($first: Int) { todos(first: $first) { title } }";
const CREATE = "mutation Create($title: String!) { createTodo(title: $title) { title } }";
const OTHER = "query Other { todos { done } }"; // is in no manifest
const VARIABLES = new Map([[TODOS, { first: 1 }], [CREATE, { title: "Bread" }], [OTHER, {}]]);

const digest = (kind, text) => createHash(kind).update(text).digest("hex");
const sha256 = (text) => digest("sha256", text);
const relayId = (text) => digest("md5", text);
const forApollo = (text) => print(new InMemoryCache().transformDocument(gql(text)));
const forUrql = (text) => stringifyDocument(urqlDocument(text));

function apollo(url, useGETForHashedQueries) {
  return (fetch) => {
    const persisted = createPersistedQueryLink({ sha256, useGETForHashedQueries });
    const client = new ApolloClient({
      link: persisted.concat(new HttpLink({ uri: url, fetch })),
      cache: new InMemoryCache(),
      defaultOptions: { query: { fetchPolicy: "no-cache" }, mutate: { fetchPolicy: "no-cache" } },
    });
    return (text) => {
      const variables = VARIABLES.get(text);
      return text === CREATE
        ? client.mutate({ mutation: gql(text), variables })
        : client.query({ query: gql(text), variables });
    };
  };
}

function urql(url, preferGetForPersistedQueries) {
  return (fetch) => {
    const options = { preferGetForPersistedQueries, enableForMutation: true };
    const exchanges = [persistedExchange(options), fetchExchange];
    const client = createClient({ url, exchanges, fetch, preferGetMethod: false });
    return async (text) => {
      const call = text === CREATE ? client.mutation : client.query;
      const result = await call.call(client, urqlDocument(text), VARIABLES.get(text)).toPromise();
      if (result.error) throw result.error;
      return result;
    };
  };
}

// Relay's compiler leaves an id in place of the text. The network layer is a program's own, as in
// Relay's guide to persisted queries; the parameters are those of GraphQL over HTTP.
function relayRuntime(url, byGet) {
  return (fetch) => {
    async function network({ id }, variables) {
      const query = new URLSearchParams({ documentId: id, variables: JSON.stringify(variables) });
      const headers = { "content-type": "application/json" };
      const body = JSON.stringify({ documentId: id, variables });
      const response = byGet
        ? await fetch(`${url}?${query}`, { method: "GET" })
        : await fetch(url, { method: "POST", headers, body });
      return response.json();
    }
    const environment = new relay.Environment({
      network: relay.Network.create(network),
      store: new relay.Store(new relay.RecordSource()),
    });
    return async (text) => {
      const request = compiled(relayId(print(gql(text))));
      return { data: await relay.fetchQuery(environment, request, VARIABLES.get(text)).toPromise() };
    };
  };
}

// What Relay's compiler writes for TODOS.
function compiled(id) {
  const name = "Todos";
  const title = { alias: null, args: null, kind: "ScalarField", name: "title", storageKey: null };
  const first = [{ kind: "Variable", name: "first", variableName: "first" }];
  const todos = { alias: null, args: first, concreteType: "Todo", kind: "LinkedField", name: "todos" };
  const selections = [{ ...todos, plural: true, selections: [title], storageKey: null }];
  const argumentDefinitions = [{ defaultValue: null, kind: "LocalArgument", name: "first" }];
  return {
    kind: "Request",
    fragment: { argumentDefinitions, kind: "Fragment", metadata: null, name, selections, type: "Query", abstractKey: null },
    operation: { argumentDefinitions, kind: "Operation", name, selections },
    params: { id, metadata: {}, name, operationKind: "query", text: null },
  };
}

async function run(name, make, texts) {
  const sent = [];
  const call = make(async (target, options) => {
    const headers = { ...options.headers, "graphql-client-name": name.split(",")[0] };
    const response = await fetch(target, { ...options, headers });
    const { pathname, search } = new URL(target);
    sent.push([options.method ?? "GET", pathname + search, options.body ?? "", response.status]);
    return response;
  });
  const given = [];
  for (const text of texts) {
    given.push(await call(text).then(({ data }) => data, (error) => error.message));
  }
  return [name, { given, sent }];
}

async function calls(url) {
  const all = [TODOS, TODOS, CREATE, OTHER];
  const results = [
    await run("Apollo, POST", apollo(url, false), all),
    await run("Apollo, GET", apollo(url, true), all),
    await run("urql, POST", urql(url, false), all),
    await run("urql, GET", urql(url, "force"), all),
    await run("Relay, POST", relayRuntime(url, false), [TODOS]),
    await run("Relay, GET", relayRuntime(url, true), [TODOS]),
  ];
  return Object.fromEntries(results);
}

function manifests(folder) {
  const operations = [["Todos", "query", TODOS], ["Create", "mutation", CREATE]].map(
    ([name, type, text]) => ({ id: sha256(forApollo(text)), name, type, body: forApollo(text) }),
  );
  const files = {
    Apollo: { format: "apollo-persisted-query-manifest", version: 1, operations },
    urql: Object.fromEntries([TODOS, CREATE].map(forUrql).map((text) => [sha256(text), text])),
    Relay: [print(gql(TODOS))].map((text) => [relayId(text), text]),
  };
  for (const [name, content] of Object.entries(files)) {
    mkdirSync(`${folder}/${name}`);
    writeFileSync(`${folder}/${name}/1.json`, JSON.stringify(content, null, 2));
  }
}

const [target] = process.argv.slice(2);
if (target.startsWith("http:")) console.log(JSON.stringify(await calls(target)));
else manifests(target);
process.exit(0);
