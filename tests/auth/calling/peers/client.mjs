// Clients of others at our issuer: node client.mjs ISSUER SECRET PRIVATE_JWK RESOURCE.
// Prints what each of them got, as JSON.
import * as oauth from "oauth4webapi";
import * as openid from "openid-client";

const [issuer, secret, privateJwk, resource] = process.argv.slice(2);
const insecure = { [oauth.allowInsecureRequests]: true };
const jwk = JSON.parse(privateJwk);
const algorithm = { name: "ECDSA", namedCurve: "P-256" };
const key = await crypto.subtle.importKey("jwk", jwk, algorithm, false, ["sign"]);
const asked = { resource, scope: "todos:read" };
const results = {};

async function oauth4webapi(name, clientId, authentication, more = {}) {
  const url = new URL(issuer);
  const found = await oauth.discoveryRequest(url, { algorithm: "oauth2", ...insecure });
  const server = await oauth.processDiscoveryResponse(url, found);
  const client = { client_id: clientId };
  const DPoP = more.dpop && oauth.DPoP(client, await oauth.generateKeyPair("ES256"));
  const options = { ...insecure, ...(DPoP && { DPoP }) };
  const answer = await oauth.clientCredentialsGrantRequest(
    server, client, authentication, asked, options,
  );
  const token = await oauth.processClientCredentialsResponse(server, client, answer);
  const introspect = async () => {
    const told = await oauth.introspectionRequest(
      server, client, authentication, token.access_token, insecure,
    );
    return oauth.processIntrospectionResponse(server, client, told);
  };
  const before = await introspect();
  const revoked = await oauth.revocationRequest(
    server, client, authentication, token.access_token, insecure,
  );
  await oauth.processRevocationResponse(revoked);
  results[name] = { token, before, after: await introspect() };
}

async function openidClient(name, clientId, authentication, dpop = false) {
  const config = await openid.discovery(new URL(issuer), clientId, undefined, authentication, {
    algorithm: "oauth2",
    execute: [openid.allowInsecureRequests],
  });
  const pair = dpop && (await openid.randomDPoPKeyPair("ES256"));
  const options = dpop ? { DPoP: openid.getDPoPHandle(config, pair) } : undefined;
  const token = await openid.clientCredentialsGrant(config, asked, options);
  const before = await openid.tokenIntrospection(config, token.access_token);
  await openid.tokenRevocation(config, token.access_token);
  const after = await openid.tokenIntrospection(config, token.access_token);
  results[name] = { token, before, after };
}

const signed = () => oauth.PrivateKeyJwt({ key, kid: jwk.kid });
await oauth4webapi("oauth4webapi basic", "web", oauth.ClientSecretBasic(secret));
await oauth4webapi("oauth4webapi post", "web", oauth.ClientSecretPost(secret));
await oauth4webapi("oauth4webapi key", "signer", signed());
await oauth4webapi("oauth4webapi dpop", "web", oauth.ClientSecretBasic(secret), { dpop: true });
await openidClient("openid-client basic", "web", openid.ClientSecretBasic(secret));
await openidClient("openid-client post", "web", openid.ClientSecretPost(secret));
await openidClient("openid-client key", "signer", openid.PrivateKeyJwt({ key, kid: jwk.kid }));
await openidClient("openid-client dpop", "web", openid.ClientSecretBasic(secret), true);
console.log(JSON.stringify(results));
