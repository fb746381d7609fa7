import fc from 'fast-check'
import { errors } from 'jose'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { allowInsecureHttp, AuthError, createVerifier, verifyOidcToken } from '../../src/index.ts'
import { AUDIENCE, startIssuer, type TestIssuer } from '../support/issuer.ts'

let idp: TestIssuer
const unhandled: unknown[] = []
const note = (reason: unknown): void => {
  unhandled.push(reason)
}

beforeAll(async () => {
  process.on('unhandledRejection', note)
  idp = await startIssuer()
})

afterAll(async () => {
  process.off('unhandledRejection', note)
  await idp[Symbol.asyncDispose]()
})

const base64 = (value: unknown): string => Buffer.from(JSON.stringify(value) ?? '').toString('base64url')

/** Tokens that look right from far: our issuer, odd claims and headers, no signature worth the name. */
function lookalikes(): fc.Arbitrary<string> {
  const header = fc.record(
    {
      alg: fc.oneof(fc.constantFrom('ES256', 'none', 'HS256'), fc.jsonValue()),
      kid: fc.jsonValue(),
      typ: fc.jsonValue(),
    },
    { requiredKeys: [] },
  )
  const payload = fc.record(
    { iss: fc.constantFrom(idp.issuer, 'x'), sub: fc.jsonValue(), aud: fc.jsonValue(), exp: fc.jsonValue() },
    { requiredKeys: ['iss'] },
  )
  return fc
    .tuple(fc.oneof(header, fc.jsonValue()), fc.oneof(payload, fc.jsonValue()), fc.base64String())
    .map(
      ([first, second, signature]) =>
        `${base64(first)}.${base64(second)}.${signature.replace(/[+/=]/g, '_')}`,
    )
}

test('no garbage is more than a refusal with its code', async () => {
  const { issuer, jwksUri } = idp
  const verifier = createVerifier({ issuer, jwksUri, audience: AUDIENCE, [allowInsecureHttp]: true })
  const config = { authServiceUrl: issuer, appSlug: AUDIENCE, [allowInsecureHttp]: true }
  await fc.assert(
    fc.asyncProperty(fc.oneof(fc.anything(), fc.string(), lookalikes()), async (token) => {
      const refused = await verifier.verify(token).catch((error: unknown) => error)
      expect(AuthError.is(refused)).toBe(true)
      const thrown = await verifyOidcToken(token as string, config).catch((error: unknown) => error)
      expect(thrown).toBeInstanceOf(errors.JOSEError)
    }),
    { numRuns: 2000 },
  )
  await new Promise((resolve) => setImmediate(resolve))
  expect(unhandled).toEqual([])
})

test('whatever a verified token claims, it becomes a context or a refusal', async () => {
  const { issuer, jwksUri } = idp
  const verifier = createVerifier({
    issuer,
    jwksUri,
    audience: AUDIENCE,
    maxCachedTokens: 0,
    [allowInsecureHttp]: true,
  })
  const claims = fc.record({
    roles: fc.jsonValue(),
    permissions: fc.jsonValue(),
    features: fc.jsonValue(),
    email: fc.jsonValue(),
    name: fc.jsonValue(),
    org_id: fc.jsonValue(),
    scope: fc.jsonValue(),
    typ: fc.jsonValue(),
    token_use: fc.jsonValue(),
  })
  await fc.assert(
    fc.asyncProperty(claims, async (extra) => {
      const found = await verifier.verify(await idp.token(extra)).catch((error: unknown) => error)
      if (AuthError.is(found)) return
      const { context } = found as {
        context: { roles: unknown[]; permissions: unknown[]; userRole: unknown }
      }
      for (const one of [...context.roles, ...context.permissions, context.userRole])
        expect(one).toBeTypeOf('string')
    }),
    { numRuns: 300 },
  )
  expect(unhandled).toEqual([])
})
