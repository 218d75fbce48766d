// A client of the token endpoint over openid-client (and oauth4webapi below it), unchanged. Its one argument is an object with `id`,
// `secret`, `issuer` and `call`, the address of an endpoint behind a token. Tells what it gets as lines of JSON, and ends.
'use strict';
const { pathToFileURL } = require('url');

const given = JSON.parse(process.argv[2]);
const tell = (event, more) => console.log(JSON.stringify({ event, ...more }));

async function main() {
  // The module can only be imported, and imports do not look where NODE_PATH leads.
  const client = await import(pathToFileURL(require.resolve('openid-client')));
  for (const [method, authentication] of [['client_secret_basic', client.ClientSecretBasic], ['client_secret_post', client.ClientSecretPost]]) {
    const options = { algorithm: 'oauth2', execute: [client.allowInsecureRequests] };
    const server = await client.discovery(new URL(given.issuer), given.id, {}, authentication(given.secret), options);
    const first = await client.clientCredentialsGrant(server, { scope: 'customer' });
    tell('token', { method, scope: first.scope, expires: first.expires_in, kind: first.token_type });
    const headers = new Headers({ 'x-reference-id': '8848372d-8457-4ca4-9da9-673f1cdd6684' });
    const answer = await client.fetchProtectedResource(server, first.access_token, new URL(given.call), 'GET', undefined, headers);
    tell('call', { status: answer.status, error: (await answer.json()).error ?? null });
    const second = await client.refreshTokenGrant(server, first.refresh_token);
    tell('refresh', { differs: second.access_token !== first.access_token, scope: second.scope });
    let told = await client.tokenIntrospection(server, second.access_token);
    tell('introspect', { active: told.active, client: told.client_id });
    await client.tokenRevocation(server, second.refresh_token, { token_type_hint: 'refresh_token' });
    tell('revoke', { status: 200 });
    told = await client.tokenIntrospection(server, second.access_token);
    tell('introspect', { active: told.active });
    try {
      await client.refreshTokenGrant(server, second.refresh_token);
      tell('refresh', {});
    } catch (error) {
      tell('refused', { error: error.error });
    }
  }
}

main().catch((error) => {
  console.error(error);
  process.exit(1);
});
