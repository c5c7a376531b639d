import "graphiql/setup-workers/vite";
import "graphiql/style.css";
import "./main.css";

import { GraphiQL } from "graphiql";
import { createRoot } from "react-dom/client";

const root = document.getElementById("root");
const { title, endpoint, query } = root.dataset;

async function fetcher(params, { headers } = {}) {
  const response = await fetch(endpoint, {
    method: "POST",
    headers: {
      accept: "application/graphql-response+json, application/json;q=0.9",
      "content-type": "application/json",
      ...headers,
    },
    body: JSON.stringify(params),
  });
  const text = await response.text();
  try {
    return JSON.parse(text);
  } catch {
    throw new Error(`${endpoint} answered ${response.status} with no JSON: ${text}`);
  }
}

createRoot(root).render(
  <GraphiQL
    fetcher={fetcher}
    defaultQuery={query || undefined}
    inputValueDeprecation // without it, the editor calls a deprecated argument an error
    shouldPersistHeaders={false} // they hold tokens: gone with the page
    showPersistHeadersSettings={false}
  >
    <GraphiQL.Logo>{title}</GraphiQL.Logo>
  </GraphiQL>,
);
