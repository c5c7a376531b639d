// HTTP/2 and HTTP/1.1 over TLS: answers with the version that was spoken.
import { createSecureServer } from "node:http2";
import { readFileSync } from "node:fs";

const [key, cert] = process.argv.slice(2).map((path) => readFileSync(path));
const server = createSecureServer({ key, cert, allowHTTP1: true }, (request, response) => {
  request.resume();
  request.on("end", () => {
    response.setHeader("content-type", "application/graphql-response+json");
    response.end(JSON.stringify({ data: { version: request.httpVersion } }));
  });
});
server.listen(0, "127.0.0.1", () => console.log(server.address().port));
