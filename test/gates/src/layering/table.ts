/**
 * What a package's sources may import of ours. Arrows point down; packages of one row do not know each other. A package
 * without a line here fails the gate, and `.oxlintrc.json` holds the same table for the editor.
 *
 * - base: `auth-core`, `transport`, `visibility`, and `client`, which stands alone
 * - ready-made: `gateway-auth`, `oidc-middleware`, `worker`, and `app`, what a service process needs around it
 * - domains: `ws-gateway`, `interop`, `registry`, `fleet`
 * - faces: `control-api`, `console` and `cli`, which talk to each other over HTTP only
 */
export const MAY_IMPORT: Readonly<Record<string, readonly string[]>> = {
  'auth-core': [],
  transport: [],
  visibility: [],
  client: [],

  app: ['auth-core'],
  'gateway-auth': ['auth-core'],
  'oidc-middleware': ['auth-core'],
  worker: ['transport'],

  'ws-gateway': ['auth-core', 'transport'],
  interop: ['auth-core', 'oidc-middleware', 'transport', 'visibility'],
  registry: ['auth-core', 'oidc-middleware'],
  fleet: ['transport'],

  'control-api': ['auth-core', 'fleet', 'oidc-middleware', 'registry'],
  console: [],
  cli: ['auth-core', 'gateway-auth', 'visibility'],
}
