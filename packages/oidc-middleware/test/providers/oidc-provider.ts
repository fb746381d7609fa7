import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { exportJWK, generateKeyPair, type JWK } from 'jose'
import { Provider } from 'oidc-provider'

/** A real OpenID provider on loopback. */
export interface RunningProvider extends AsyncDisposable {
  readonly issuer: string
  /** Requests for the key set so far. */
  downloads(): number
  /** An access token of the client itself, from the token endpoint. */
  clientToken(): Promise<string>
  /** An access token of a user, made by the signer of the code flow. */
  userToken(sub: string): Promise<string>
  /** An ID token of a user for the client `web`. */
  idToken(sub: string): Promise<string>
}

export const RESOURCE = 'https://api.example.test'

const ROLES: Record<string, string[]> = { alice: ['admin'], bob: ['user'] }

export async function startProvider(alg: 'ES256' | 'RS256' | 'PS256' = 'ES256'): Promise<RunningProvider> {
  let downloads = 0
  const server = createServer()
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const issuer = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  const resourceServer = {
    scope: 'read write',
    audience: RESOURCE,
    accessTokenTTL: 300,
    accessTokenFormat: 'jwt',
    jwt: { sign: { alg } },
  }
  const provider = new Provider(issuer, {
    jwks: { keys: await Promise.all([...new Set([alg, 'RS256'])].map(makeKey)) },
    clients: [
      {
        client_id: 'svc',
        client_secret: 'svc-secret',
        grant_types: ['client_credentials'],
        redirect_uris: [],
        response_types: [],
      },
      {
        client_id: 'web',
        client_secret: 'web-secret',
        grant_types: ['authorization_code'],
        redirect_uris: ['http://127.0.0.1/cb'],
        response_types: ['code'],
        application_type: 'native',
      },
    ],
    claims: { openid: ['sub'] },
    scopes: ['openid', 'roles'],
    cookies: { keys: ['for tests only'] },
    features: {
      devInteractions: { enabled: false },
      clientCredentials: { enabled: true },
      resourceIndicators: {
        enabled: true,
        defaultResource: () => RESOURCE,
        useGrantedResource: () => true,
        getResourceServerInfo: () => resourceServer,
      },
    },
    extraTokenClaims: (_context: unknown, token: { kind: string; accountId?: string }) => ({
      roles: token.kind === 'ClientCredentials' ? ['service'] : (ROLES[token.accountId ?? ''] ?? []),
    }),
    ttl: {
      AccessToken: 300,
      ClientCredentials: 300,
      Grant: 300,
      IdToken: 300,
      Session: 300,
      Interaction: 300,
    },
  })
  const answer = provider.callback()
  server.on('request', (request, response) => {
    if (request.url === '/jwks') downloads += 1
    answer(request, response)
  })
  return {
    issuer,
    downloads: () => downloads,
    async clientToken() {
      const response = await fetch(`${issuer}/token`, {
        method: 'POST',
        headers: { authorization: `Basic ${Buffer.from('svc:svc-secret').toString('base64')}` },
        body: new URLSearchParams({ grant_type: 'client_credentials', scope: 'read', resource: RESOURCE }),
      })
      return ((await response.json()) as { access_token: string }).access_token
    },
    async userToken(sub) {
      const client = await provider.Client.find('web')
      const grant = new provider.Grant({ accountId: sub, clientId: client.clientId })
      grant.addOIDCScope('openid roles')
      grant.addResourceScope(RESOURCE, 'read write')
      const grantId = await grant.save()
      const token = new provider.AccessToken({
        accountId: sub,
        client,
        grantId,
        gty: 'authorization_code',
        scope: 'read write',
      })
      token.resourceServer = new provider.ResourceServer(RESOURCE, resourceServer)
      return token.save()
    },
    async idToken(sub) {
      const client = await provider.Client.find('web')
      const token = new provider.IdToken({ sub }, { ctx: { oidc: {} }, client })
      token.scope = 'openid'
      // As the token endpoint does after the code flow.
      token.set('nonce', 'n-1')
      token.set('at_hash', 'an access token')
      return token.issue({ use: 'idtoken' })
    },
    async [Symbol.asyncDispose]() {
      server.closeAllConnections()
      server.close()
      await once(server, 'close')
    },
  }
}

async function makeKey(alg: string): Promise<JWK> {
  const { privateKey } = await generateKeyPair(alg, { extractable: true })
  return { ...(await exportJWK(privateKey)), alg, use: 'sig', kid: `key-${alg}` }
}
