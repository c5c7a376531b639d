import "graphiql/setup-workers/vite";
import "graphiql/style.css";
import "./main.css";

import { pick, useGraphiQL, useGraphiQLActions, useHeadersEditorState } from "@graphiql/react";
import { GraphiQL } from "graphiql";
import { useState, useSyncExternalStore } from "react";
import { createRoot } from "react-dom/client";

const root = document.getElementById("root");
const { title, endpoint, query, token: tokenURL, profiling } = root.dataset;

let requests = 0;
let refused = false; // whether the endpoint refused the last request for want of a token
let wantsProfile = false;
let profile; // that of the last response, if it has one
const listeners = new Set();

async function fetcher(params, { headers } = {}) {
  const number = ++requests;
  const asks = wantsProfile && params.operationName !== "IntrospectionQuery";
  const response = await fetch(endpoint, {
    method: "POST",
    headers: {
      accept: "application/graphql-response+json, application/json;q=0.9",
      "content-type": "application/json",
      ...(asks && { "graphql-profile": "1" }),
      ...headers,
    },
    body: JSON.stringify(params),
  });
  const text = await response.text();
  let content;
  try {
    content = JSON.parse(text);
  } catch {
    throw new Error(`${endpoint} answered ${response.status} with no JSON: ${text}`);
  } finally {
    if (number === requests) {
      refused = response.status === 401;
      profile = content?.extensions?.profile;
      for (const listener of listeners) listener();
    }
  }
  if (asks && content.extensions?.profile) {
    delete content.extensions.profile; // it is shown as a table
    if (!Object.keys(content.extensions).length) delete content.extensions;
  }
  return content;
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

// The fields of a profile as rows of a table, each with its depth in the tree.
function rows(fields, depth = 0) {
  return fields.flatMap(({ fields: below, ...field }) => {
    const name = field.field.split(".").pop();
    const label = name === field.key ? name : `${field.key}: ${name}`;
    return [{ ...field, label, depth }, ...rows(below, depth + 1)];
  });
}

const time = (ms) => (ms >= 1000 ? `${(ms / 1000).toFixed(2)} s` : `${ms.toFixed(1)} ms`);

// What the last operation took, where the endpoint tells it.
function Profile() {
  const told = useSyncExternalStore(subscribe, () => profile);
  const whole = told && { ...told, label: "the whole operation", calls: 1, depth: 0 };

  return (
    <div className="profile">
      <label>
        <input type="checkbox" onChange={(event) => (wantsProfile = event.target.checked)} />
        Profile
      </label>
      {told && (
        <table>
          <thead>
            <tr>
              {["", "time", "own", "calls", "parents", "items", "SQL", "SQL time"].map((heading) => (
                <th key={heading}>{heading}</th>
              ))}
            </tr>
          </thead>
          <tbody>
            {[whole, ...rows(told.fields, 1)].map((each, number) => (
              <tr key={number}>
                <th style={{ paddingLeft: `${each.depth}em` }} title={each.field}>
                  {each.label}
                </th>
                <td style={{ "--part": `${(100 * each.ms) / told.ms}%` }}>{time(each.ms)}</td>
                <td>{each.own_ms > 0 && time(each.own_ms)}</td>
                <td>{each.calls || ""}</td>
                <td>{each.parents}</td>
                <td>{each.items}</td>
                <td>{each.statements || ""}</td>
                <td>{each.statements > 0 && time(each.sql_ms)}</td>
              </tr>
            ))}
          </tbody>
          {told.omitted > 0 && <caption>{told.omitted} more fields took less time.</caption>}
        </table>
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
      {profiling && <Profile />}
    </GraphiQL.Footer>
  </GraphiQL>,
);
