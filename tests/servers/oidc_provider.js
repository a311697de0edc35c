// An OpenID Connect provider written by others, for the tests of signing in. Started by oidc.py with its settings as JSON:
// {port, client: {client_id, client_secret}, claimsInIdToken}.
//
// Two requests of its own serve the tests:   PUT /test/people/<sub>   with the person's claims as JSON
//                                            PUT /test/redirect-uris  with one more address that a sign-in may return to
import { createServer } from 'node:http';
import Provider from 'oidc-provider';

const { port, client, claimsInIdToken } = JSON.parse(process.argv[2]);
const people = new Map();

const provider = new Provider(`http://127.0.0.1:${port}`, {
  clients: [{
    ...client,
    redirect_uris: ['http://127.0.0.1/unused'],
    grant_types: ['authorization_code'],
    response_types: ['code'],
  }],
  claims: {
    openid: ['sub'],
    email: ['email', 'email_verified'],
    profile: ['name', 'locale', 'picture', 'zoneinfo'],
  },
  conformIdTokenClaims: !claimsInIdToken,
  pkce: { required: () => true },
  features: { devInteractions: { enabled: true } },
  cookies: { keys: ['test-only'] },
  findAccount: async (_context, sub) => people.has(sub)
    ? { accountId: sub, claims: async () => ({ sub, ...people.get(sub) }) }
    : undefined,
});
const oidc = provider.callback();

async function read(request) {
  let body = '';
  for await (const part of request) body += part;
  return JSON.parse(body);
}

createServer(async (request, response) => {
  const { pathname } = new URL(request.url, 'http://127.0.0.1');
  if (request.method !== 'PUT') {
    oidc(request, response);
  } else if (pathname.startsWith('/test/people/')) {
    people.set(decodeURIComponent(pathname.slice('/test/people/'.length)), await read(request));
    response.writeHead(204).end();
  } else if (pathname === '/test/redirect-uris') {
    const { redirectUris } = await provider.Client.find(client.client_id);
    redirectUris.push(await read(request));
    response.writeHead(204).end();
  } else {
    response.writeHead(404).end();
  }
}).listen(port, '127.0.0.1', () => console.log('ready'));
