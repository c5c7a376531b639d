// oauth4webapi as the verifier: a line of JSON in ({jwks, issuer, audience, authorization, dpop,
// url, method}), a line out ({ok, error}). Keys come by a fetch that has them already.
import { createInterface } from "node:readline";
import * as oauth from "oauth4webapi";

for await (const line of createInterface({ input: process.stdin })) {
  const { jwks, issuer, audience, authorization, dpop, url, method } = JSON.parse(line);
  const server = { issuer, jwks_uri: `${issuer}/jwks` };
  const headers = new Headers({ authorization });
  if (dpop) headers.set("dpop", dpop);
  const answer = () => Response.json({ keys: jwks });
  try {
    const request = new Request(url, { method, headers });
    const claims = await oauth.validateJwtAccessToken(server, request, audience, {
      [oauth.customFetch]: async () => answer(),
    });
    console.log(JSON.stringify({ ok: claims.client_id }));
  } catch (error) {
    console.log(JSON.stringify({ error: error.code ?? error.message }));
  }
}
