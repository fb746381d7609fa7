import { createHash, randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { oauthProvider } from '@better-auth/oauth-provider'
import { betterAuth, type BetterAuthPlugin } from 'better-auth'
import { memoryAdapter } from 'better-auth/adapters/memory'
import { toNodeHandler } from 'better-auth/node'
import { admin, jwt } from 'better-auth/plugins'

/** A real BetterAuth with its JWKS and OAuth 2.1 provider, on loopback, with one user who is admin. */
export interface RunningBetterAuth extends AsyncDisposable {
  /** Base URL, as `AUTH_SERVICE_URL` has it. */
  readonly baseUrl: string
  readonly issuer: string
  /** The JWT of a session, of the `jwt` plugin. */
  sessionToken(): Promise<string>
  /** An access token of a machine client. */
  clientToken(): Promise<string>
  /** What the code flow with PKCE gives the user's application. */
  userTokens(): Promise<{ accessToken: string; idToken: string; clientId: string }>
  /** Gives the user another role, in tokens made from now on. */
  setRole(role: string): void
}

/** Where it is, and what the JWTs of its sessions say. */
export interface BetterAuthOptions {
  /** @defaultValue one of the system's */
  port?: number
  /** @defaultValue the base URL with `/api/auth` */
  issuer?: string
  /** @defaultValue {@link RESOURCE} */
  audience?: string
}

export const RESOURCE = 'https://api.example.test'
const REDIRECT = 'https://app.example.test/cb'
const TABLES =
  'user session account verification jwks rateLimit oauthClient oauthAccessToken oauthRefreshToken oauthConsent oauthResource oauthClientResource oauthClientAssertion'

type Fields = Record<string, unknown>

export async function startBetterAuth(
  alg: 'EdDSA' | 'RS256' | 'ES256' = 'EdDSA',
  options: BetterAuthOptions = {},
): Promise<RunningBetterAuth> {
  const server = createServer()
  server.listen(options.port ?? 0, '127.0.0.1')
  await once(server, 'listening')
  const baseUrl = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  const issuer = `${baseUrl}/api/auth`
  const db: Record<string, Fields[]> = Object.fromEntries(TABLES.split(' ').map((table) => [table, []]))
  const auth = betterAuth({
    baseURL: baseUrl,
    secret: randomBytes(32).toString('hex'),
    database: memoryAdapter(db),
    telemetry: { enabled: false },
    rateLimit: { enabled: false },
    logger: { level: 'error' },
    emailAndPassword: { enabled: true },
    trustedOrigins: [baseUrl],
    plugins: [
      admin(),
      jwt({
        jwks: { keyPairConfig: alg === 'EdDSA' ? { alg, crv: 'Ed25519' } : { alg } },
        jwt: {
          issuer: options.issuer ?? issuer,
          audience: options.audience ?? RESOURCE,
          expirationTime: '5m',
          definePayload: ({ user }) => ({ email: user.email, roles: [(user as Fields)['role'] ?? 'user'] }),
        },
      }),
      // Compared without `exactOptionalPropertyTypes`, its types fit.
      oauthProvider({
        loginPage: '/login',
        consentPage: '/consent',
        scopes: ['openid', 'profile', 'email', 'read', 'write'],
        grantTypes: ['authorization_code', 'client_credentials'],
        resources: [{ identifier: RESOURCE, name: 'api' }],
        enforcePerClientResources: false,
        clientPrivileges: () => true,
        customAccessTokenClaims: ({ user, scopes }) => ({
          roles: user ? [(user as Fields)['role'] ?? 'user'] : ['service'],
          permissions: scopes,
        }),
        silenceWarnings: { oauthAuthServerConfig: true, openidConfig: true },
      }) as unknown as BetterAuthPlugin,
    ],
  })
  const answer = toNodeHandler(auth)
  server.on('request', (request, response) => void answer(request, response))

  const signUp = await fetch(`${issuer}/sign-up/email`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', origin: baseUrl },
    body: JSON.stringify({ email: 'alice@example.test', password: 'correct horse battery', name: 'Alice' }),
  })
  const cookie = signUp.headers
    .getSetCookie()
    .map((one) => one.split(';')[0])
    .join('; ')
  const setRole = (role: string): void => {
    for (const user of db['user'] ?? []) user['role'] = role
  }
  setRole('admin')

  const makeClient = async (body: Fields): Promise<{ id: string; secret: string }> => {
    const api = auth.api as unknown as Record<string, (input: object) => Promise<Record<string, string>>>
    const client = (await api['adminCreateOAuthClient']?.({
      headers: new Headers({ cookie }),
      body: { redirect_uris: [REDIRECT], token_endpoint_auth_method: 'client_secret_post', ...body },
    })) as { client_id: string; client_secret: string }
    return { id: client.client_id, secret: client.client_secret }
  }
  const askToken = async (fields: Record<string, string>): Promise<Record<string, string>> => {
    const body = new URLSearchParams({ resource: RESOURCE, ...fields })
    const response = await fetch(`${issuer}/oauth2/token`, { method: 'POST', body })
    return (await response.json()) as Record<string, string>
  }

  return {
    baseUrl,
    issuer,
    setRole,
    async sessionToken() {
      const response = await fetch(`${issuer}/token`, { headers: { cookie } })
      return ((await response.json()) as { token: string }).token
    },
    async clientToken() {
      const { id, secret } = await makeClient({
        client_name: 'svc',
        grant_types: ['client_credentials'],
        scope: 'read write',
        client_credentials_scopes: ['read', 'write'],
      })
      const grant = { grant_type: 'client_credentials', client_id: id, client_secret: secret, scope: 'read' }
      return (await askToken(grant))['access_token'] as string
    },
    async userTokens() {
      const { id, secret } = await makeClient({
        client_name: 'web',
        grant_types: ['authorization_code'],
        scope: 'openid read',
        skip_consent: true,
      })
      const verifier = randomBytes(32).toString('base64url')
      const query = new URLSearchParams({
        response_type: 'code',
        client_id: id,
        redirect_uri: REDIRECT,
        scope: 'openid read',
        state: 's',
        code_challenge: createHash('sha256').update(verifier).digest('base64url'),
        code_challenge_method: 'S256',
        resource: RESOURCE,
      })
      const asked = await fetch(`${issuer}/oauth2/authorize?${query.toString()}`, {
        headers: { cookie },
        redirect: 'manual',
      })
      const place = asked.headers.get('location') ?? ((await asked.json()) as { url: string }).url
      const tokens = await askToken({
        grant_type: 'authorization_code',
        code: new URL(place).searchParams.get('code') as string,
        redirect_uri: REDIRECT,
        client_id: id,
        client_secret: secret,
        code_verifier: verifier,
      })
      return {
        accessToken: tokens['access_token'] as string,
        idToken: tokens['id_token'] as string,
        clientId: id,
      }
    },
    async [Symbol.asyncDispose]() {
      server.closeAllConnections()
      server.close()
      await once(server, 'close')
    },
  }
}
