// Runs the audits of graphql-http against the URLs that it is given, and prints each outcome.
import { serverAudits } from "graphql-http";

const outcomes = {};
for (const url of process.argv.slice(2)) {
  const found = await Promise.all(serverAudits({ url }).map((audit) => audit.fn()));
  outcomes[url] = found.map(({ id, name, status, reason }) => ({ id, name, status, reason }));
}
console.log(JSON.stringify(outcomes));
