// npm oidc-provider as the issuer: node provider.mjs PORT ALGORITHM. Prints "ready" when it listens.
import { generateKeyPairSync } from "node:crypto";
import { createServer } from "node:http";
import Provider from "oidc-provider";

const port = Number(process.argv[2]);
const issuer = `http://127.0.0.1:${port}`;
const resources = ["https://api.example/graphql", "https://api.example/rest"];

// Exporting a new key by itself can hang: Node 20 waits for a lock that it has, if it collects garbage.
const privateKeyEncoding = { format: "jwk" };
const key = (type, options, more) => ({
  ...generateKeyPairSync(type, { ...options, privateKeyEncoding }).privateKey,
  ...more,
});

const provider = new Provider(issuer, {
  jwks: {
    keys: [
      key("rsa", { modulusLength: 2048 }, { alg: "RS256", use: "sig", kid: "rsa" }),
      key("ec", { namedCurve: "P-256" }, { alg: "ES256", use: "sig", kid: "ec" }),
    ],
  },
  clients: [
    {
      client_id: "web",
      client_secret: "a secret that only the tests know",
      grant_types: ["client_credentials"],
      redirect_uris: [],
      response_types: [],
    },
  ],
  scopes: ["todos:read", "todos:write"],
  features: {
    devInteractions: { enabled: false },
    clientCredentials: { enabled: true },
    dPoP: { enabled: true },
    resourceIndicators: {
      enabled: true,
      getResourceServerInfo: (_context, resource) => {
        if (!resources.includes(resource)) throw new Error("no such resource");
        return {
          scope: "todos:read todos:write",
          audience: resource,
          accessTokenFormat: "jwt",
          accessTokenTTL: 600,
          jwt: { sign: { alg: process.argv[3] } },
        };
      },
    },
  },
});

createServer(provider.callback()).listen(port, "127.0.0.1", () => console.log("ready"));
