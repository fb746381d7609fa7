import { decodeJwt } from 'jose'
import { describe, expect, test } from 'vitest'
import {
  allowInsecureHttp,
  createVerifier,
  type OidcVerifier,
  type VerifierOptions,
} from '../../src/index.ts'
import { codeOf } from '../support/code-of.ts'
import { RESOURCE, startProvider } from './oidc-provider.ts'

function verifierOf(issuer: string, audience: string, options: VerifierOptions = {}): OidcVerifier {
  return createVerifier({ issuer, audience, discovery: true, [allowInsecureHttp]: true, ...options })
}

describe('oidc-provider', () => {
  test.each(['ES256', 'RS256', 'PS256'] as const)(
    'tokens signed with %s verify through its metadata',
    async (alg) => {
      await using provider = await startProvider(alg)
      const verifier = verifierOf(provider.issuer, RESOURCE, { strict: true })
      const [client, alice, bob] = await Promise.all([
        verifier.verify(await provider.clientToken()),
        verifier.verify(await provider.userToken('alice')),
        verifier.verify(await provider.userToken('bob')),
      ])
      expect(client.context).toMatchObject({ sub: 'svc', userRole: 'service', permissions: ['read'] })
      expect(alice.context).toMatchObject({ sub: 'alice', userRole: 'admin', permissions: ['read', 'write'] })
      expect(bob.context).toMatchObject({ sub: 'bob', userRole: 'user' })
      expect(provider.downloads()).toBe(1)
    },
  )

  test('a token for another resource is refused', async () => {
    await using provider = await startProvider()
    const verifier = verifierOf(provider.issuer, 'https://other.example.test')
    expect(await codeOf(verifier.verify(await provider.clientToken()))).toBe('ERR_AUTH_TOKEN_INVALID')
  })

  test('its ID token is refused although issuer and audience fit', async () => {
    await using provider = await startProvider()
    const token = await provider.idToken('alice')
    expect(decodeJwt(token)).toMatchObject({ iss: provider.issuer, aud: 'web', sub: 'alice' })
    expect(await codeOf(verifierOf(provider.issuer, 'web').verify(token))).toBe('ERR_AUTH_TOKEN_INVALID')
    const strict = verifierOf(provider.issuer, 'web', { strict: true })
    expect(await codeOf(strict.verify(token))).toBe('ERR_AUTH_TOKEN_INVALID')
  })

  test('two providers side by side do not accept the tokens of each other', async () => {
    await using first = await startProvider()
    await using second = await startProvider()
    const both = createVerifier({
      issuers: [first, second].map(({ issuer }) => ({ issuer, audience: RESOURCE, discovery: true })),
      [allowInsecureHttp]: true,
    })
    expect((await both.verify(await first.userToken('alice'))).claims['iss']).toBe(first.issuer)
    expect((await both.verify(await second.userToken('bob'))).claims['iss']).toBe(second.issuer)
    const only = verifierOf(first.issuer, RESOURCE)
    expect(await codeOf(only.verify(await second.userToken('alice')))).toBe('ERR_AUTH_TOKEN_INVALID')
  })
})
