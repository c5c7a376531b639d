import "graphiql/setup-workers/vite";
import "graphiql/style.css";
import "./main.css";

import { pick, useGraphiQL, useGraphiQLActions, useHeadersEditorState } from "@graphiql/react";
import { GraphiQL } from "graphiql";
import { useState, useSyncExternalStore } from "react";
import { createRoot } from "react-dom/client";

const root = document.getElementById("root");
const { title, endpoint, query, token: tokenURL } = root.dataset;

let requests = 0;
let refused = false; // whether the endpoint refused the last request for want of a token
const listeners = new Set();

async function fetcher(params, { headers } = {}) {
  const number = ++requests;
  const response = await fetch(endpoint, {
    method: "POST",
    headers: {
      accept: "application/graphql-response+json, application/json;q=0.9",
      "content-type": "application/json",
      ...headers,
    },
    body: JSON.stringify(params),
  });
  if (number === requests) {
    refused = response.status === 401;
    for (const listener of listeners) listener();
  }
  const text = await response.text();
  try {
    return JSON.parse(text);
  } catch {
    throw new Error(`${endpoint} answered ${response.status} with no JSON: ${text}`);
  }
}

function subscribe(listener) {
  listeners.add(listener);
  return () => listeners.delete(listener);
}

// Says how a token goes in, where the endpoint wants one; and gets one, where the server gives them.
function Token() {
  const isRefused = useSyncExternalStore(subscribe, () => refused);
  const [, setHeaders] = useHeadersEditorState();
  const { introspect } = useGraphiQLActions();
  const { headerEditor, responseEditor } = useGraphiQL(pick("headerEditor", "responseEditor"));
  const [outcome, setOutcome] = useState("");

  async function getToken() {
    const response = await fetch(tokenURL, { method: "POST" });
    const text = await response.text();
    setOutcome(response.ok ? "A new token is under Headers." : text);
    if (response.ok) {
      responseEditor?.setValue(""); // it said that there was no token
      setHeaders(JSON.stringify({ Authorization: `Bearer ${text}` }, null, 2));
      await introspect();
    }
  }

  return (
    <div className="token" role="status">
      {isRefused ? (
        <p>
          The server refused the token, or wants one. Write it under <b>Headers</b>, below the
          query: <code>{'{"Authorization": "Bearer …"}'}</code>
        </p>
      ) : (
        outcome && <p>{outcome}</p>
      )}
      {tokenURL && headerEditor && ( // before the editor is there, it would lose the token
        <button type="button" className="graphiql-button" onClick={getToken}>
          Get a token
        </button>
      )}
    </div>
  );
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
    <GraphiQL.Footer>
      <Token />
    </GraphiQL.Footer>
  </GraphiQL>,
);
