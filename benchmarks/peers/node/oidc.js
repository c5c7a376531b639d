// npm oidc-provider as an issuer of tokens: node oidc.js PORT. What our own issuer is measured against.
import { generateKeyPairSync } from "node:crypto";
import { createServer } from "node:http";
import Provider from "oidc-provider";

const port = Number(process.argv[2]);
// Exporting a new key by itself can hang: Node 20 waits for a lock that it has, if it collects garbage.
const { privateKey: key } = generateKeyPairSync("ec", {
  namedCurve: "P-256",
  privateKeyEncoding: { format: "jwk" },
});
const api = "https://api.example/graphql";

const provider = new Provider(`http://127.0.0.1:${port}`, {
  jwks: { keys: [{ ...key, alg: "ES256", use: "sig", kid: "ec" }] },
  clients: [
    {
      client_id: "web",
      client_secret: `tks_${"a".repeat(43)}`,
      grant_types: ["client_credentials"],
      id_token_signed_response_alg: "ES256",
      redirect_uris: [],
      response_types: [],
    },
  ],
  scopes: ["todos:read", "todos:write"],
  features: {
    devInteractions: { enabled: false },
    clientCredentials: { enabled: true },
    resourceIndicators: {
      enabled: true,
      getResourceServerInfo: () => ({
        scope: "todos:read todos:write",
        audience: api,
        accessTokenFormat: "jwt",
        accessTokenTTL: 600,
        jwt: { sign: { alg: "ES256" } },
      }),
    },
  },
});

createServer(provider.callback()).listen(port, "127.0.0.1");
