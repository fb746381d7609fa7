import { decodeJwt, decodeProtectedHeader } from 'jose'
import { describe, expect, test } from 'vitest'
import {
  allowInsecureHttp,
  createVerifier,
  readOidcEnvironment,
  verifierConfigOf,
  verifyOidcToken,
  type OidcConfig,
} from '../../src/index.ts'
import { codeOf } from '../support/code-of.ts'
import { RESOURCE, startBetterAuth, type RunningBetterAuth } from './better-auth.ts'

function configOf({ baseUrl, issuer }: RunningBetterAuth): OidcConfig {
  return readOidcEnvironment({
    AUTH_SERVICE_URL: baseUrl,
    AUTH_SERVICE_APP_SLUG: 'my-app',
    AUTH_SERVICE_ISSUER: issuer,
    AUTH_SERVICE_AUDIENCE: RESOURCE,
  })
}

describe('BetterAuth', () => {
  test.each(['EdDSA', 'RS256', 'ES256'] as const)(
    'every kind of access token verifies, signed with %s',
    async (alg) => {
      await using provider = await startBetterAuth(alg)
      const verifier = createVerifier(verifierConfigOf(configOf(provider)))

      const session = await provider.sessionToken()
      expect(decodeProtectedHeader(session).alg).toBe(alg)
      expect((await verifier.verify(session)).context).toMatchObject({
        email: 'alice@example.test',
        userRole: 'admin',
      })
      expect((await verifier.verify(await provider.clientToken())).context).toMatchObject({
        userRole: 'service',
        permissions: ['read'],
      })
      const { accessToken } = await provider.userTokens()
      expect(decodeJwt(accessToken).aud).toContain(RESOURCE)
      expect((await verifier.verify(accessToken)).context).toMatchObject({
        userRole: 'admin',
        permissions: ['openid', 'read'],
      })
    },
  )

  test('the ID token of its code flow is refused, for the API and for the application itself', async () => {
    await using provider = await startBetterAuth()
    const { idToken, clientId } = await provider.userTokens()
    expect(decodeJwt(idToken)).toMatchObject({ iss: provider.issuer, aud: clientId })
    for (const audience of [RESOURCE, clientId]) {
      const verifier = createVerifier(verifierConfigOf({ ...configOf(provider), audience }))
      expect(await codeOf(verifier.verify(idToken))).toBe('ERR_AUTH_TOKEN_INVALID')
    }
  })

  test('verifyOidcToken finds the keys at the default path', async () => {
    await using provider = await startBetterAuth()
    const { baseUrl: authServiceUrl, issuer } = provider
    const config = {
      authServiceUrl,
      appSlug: 'my-app',
      issuer,
      audience: RESOURCE,
      [allowInsecureHttp]: true,
    }
    expect((await verifyOidcToken(await provider.sessionToken(), config)).userRole).toBe('admin')
  })

  test('its metadata lead to the same keys', async () => {
    await using provider = await startBetterAuth()
    const verifier = createVerifier({
      issuer: provider.issuer,
      audience: RESOURCE,
      discovery: true,
      [allowInsecureHttp]: true,
    })
    expect((await verifier.verify(await provider.clientToken())).context.userRole).toBe('service')
  })
})
