// npm oidc-provider as the issuer: node provider.mjs PORT PUBLIC_JWK. Prints "ready" when it listens.
import { generateKeyPairSync } from "node:crypto";
import { createServer } from "node:http";
import Provider from "oidc-provider";

const port = Number(process.argv[2]);
const publicKey = JSON.parse(process.argv[3]);
const api = "https://api.example/graphql";

// Exporting a new key by itself can hang: Node 20 waits for a lock that it has, if it collects garbage.
const { privateKey: key } = generateKeyPairSync("ec", {
  namedCurve: "P-256",
  privateKeyEncoding: { format: "jwk" },
});

const client = (client_id, metadata) => ({
  client_id,
  grant_types: ["client_credentials"],
  redirect_uris: [],
  response_types: [],
  ...metadata,
});
const secret = { client_secret: "a:b/c=d?%+ &-secret" };
const signing = { token_endpoint_auth_method: "private_key_jwt", jwks: { keys: [publicKey] } };

const provider = new Provider(`http://127.0.0.1:${port}`, {
  jwks: {
    keys: [
      {
        ...key,
        alg: "ES256",
        use: "sig",
        kid: "ec",
      },
    ],
  },
  clients: [
    client("basic", secret),
    client("post", { ...secret, token_endpoint_auth_method: "client_secret_post" }),
    client("signer", { ...signing, token_endpoint_auth_signing_alg: "ES256" }),
    client("sharer", {
      ...secret,
      client_secret: `${secret.client_secret}, of 32 bytes or more`,
      token_endpoint_auth_method: "client_secret_jwt",
    }),
    client("bound", { ...secret, dpop_bound_access_tokens: true }),
  ],
  clientDefaults: { id_token_signed_response_alg: "ES256" },
  clientAuthMethods: [
    "client_secret_basic",
    "client_secret_jwt",
    "client_secret_post",
    "private_key_jwt",
  ],
  enabledJWA: { clientAuthSigningAlgValues: ["ES256", "HS256"], dPoPSigningAlgValues: ["ES256"] },
  scopes: ["todos:read", "todos:write"],
  features: {
    devInteractions: { enabled: false },
    clientCredentials: { enabled: true },
    // A nonce is wanted in every proof, so that the client has to come back with it.
    dPoP: { enabled: true, nonceSecret: Buffer.alloc(32, 7), requireNonce: () => true },
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

createServer(provider.callback()).listen(port, "127.0.0.1", () => console.log("ready"));
