// The rival of the token endpoint: oidc-provider with its store in memory, and nothing switched on but client credentials. Its one argument is
// an object with the `id` and the `secret` of the one client.
'use strict';
const { pathToFileURL } = require('url');

const given = JSON.parse(process.argv[2]);

async function main() {
  // The module can only be imported, and imports do not look where NODE_PATH leads.
  const { default: Provider } = await import(pathToFileURL(require.resolve('oidc-provider')));
  const provider = new Provider('http://127.0.0.1', {
    clients: [{
      client_id: given.id,
      client_secret: given.secret,
      grant_types: ['client_credentials'],
      redirect_uris: [],
      response_types: [],
      scope: 'merchant',
      token_endpoint_auth_method: 'client_secret_post',
    }],
    features: { clientCredentials: { enabled: true }, devInteractions: { enabled: false } },
    scopes: ['merchant', 'customer'],
    ttl: { ClientCredentials: 1200 },
  });
  const server = provider.listen(0, '127.0.0.1', () => console.log(`listening on http://127.0.0.1:${server.address().port}`));
}

main().catch((error) => {
  console.error(error);
  process.exit(1);
});
