import { createHmac } from 'node:crypto'
import type { ServerResponse } from 'node:http'
import { Readable } from 'node:stream'
import { exportSPKI, importJWK, type CryptoKey } from 'jose'
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import {
  allowInsecureHttp,
  createVerifier,
  type IssuerConfig,
  type OidcVerifier,
  type VerifierOptions,
} from '../../src/index.ts'
import { codeOf, refusalOf } from '../support/code-of.ts'
import { AUDIENCE, startIssuer, type TestIssuer } from '../support/issuer.ts'

let idp: TestIssuer

beforeEach(async () => {
  idp = await startIssuer()
})

afterEach(async () => {
  vi.useRealTimers()
  await idp[Symbol.asyncDispose]()
})

function verifierOf(options: Partial<IssuerConfig> & VerifierOptions = {}): OidcVerifier {
  const { issuer, jwksUri } = idp
  return createVerifier({ issuer, jwksUri, audience: AUDIENCE, [allowInsecureHttp]: true, ...options })
}

/** The monotonic clock is faked, and others as told: sockets and timeouts stay real. Call it before keys are downloaded. */
function fakeClock(...others: Array<'Date'>): { advance(ms: number): void } {
  vi.useFakeTimers({ toFake: ['performance', ...others] })
  return { advance: (ms) => vi.advanceTimersByTime(ms) }
}

const JSON_HEADERS = { 'content-type': 'application/json' }

/** Ten megabytes, or as much as is read of them. */
function endless(response: ServerResponse): void {
  response.writeHead(200, JSON_HEADERS)
  const chunk = Buffer.alloc(65_536, ' ')
  Readable.from(Array.from({ length: 160 }, () => chunk))
    .on('error', () => undefined)
    .pipe(response)
}

function at(offset: number): number {
  return Math.floor(Date.now() / 1000) + offset
}

describe('a good token', () => {
  test('gives its claims, its context and its end', async () => {
    const exp = at(120)
    const found = await verifierOf().verify(await idp.token({ exp, roles: ['admin'], features: { a: {} } }))
    expect(found.claims).toMatchObject({ sub: 'alice', iss: idp.issuer, exp })
    expect(found.context).toMatchObject({ sub: 'alice', userRole: 'admin', features: { a: {} } })
    expect(found.expiresAtMs).toBe(exp * 1000)
  })

  test.each([
    [1e308, 8.64e15],
    [Number.MAX_SAFE_INTEGER, 8.64e15],
    [at(60) + 0.1239, (at(60) + 0.1239) * 1000 - 0.9],
  ])('that ends at %d ends at a whole millisecond that a Date can tell', async (exp, expected) => {
    const { expiresAtMs } = await verifierOf().verify(await idp.token({ exp }))
    expect(new Date(expiresAtMs).getTime()).toBe(expiresAtMs)
    expect(Math.abs(expiresAtMs - expected)).toBeLessThan(1)
  })

  test('with features nested a thousand levels deep is good, and does without them', async () => {
    const features = JSON.parse(`{"a":${'['.repeat(1000)}${']'.repeat(1000)}}`) as object
    for (const maxCachedTokens of [0, 10]) {
      const { context } = await verifierOf({ maxCachedTokens }).verify(await idp.token({ features }))
      expect([context.sub, context.features]).toEqual(['alice', {}])
    }
  })

  test('gives a new context each time, remembered or not', async () => {
    const verifier = verifierOf()
    const token = await idp.token({ roles: ['user'], features: { a: { b: 1 } } })
    const first = (await verifier.verify(token)).context
    first.roles.push('admin')
    first.features['a'] = 2
    expect((await verifier.verify(token)).context).toMatchObject({
      roles: ['user'],
      features: { a: { b: 1 } },
    })
  })

  test.each(['RS256', 'ES256', 'PS256', 'EdDSA', 'Ed25519'])(
    'may be signed with %s unless the configuration says otherwise',
    async (alg) => {
      await idp.rotate({ alg })
      expect((await verifierOf().verify(await idp.token())).context.sub).toBe('alice')
      const only = alg === 'RS256' ? ('ES256' as const) : ('RS256' as const)
      expect(await codeOf(verifierOf({ algorithms: [only] }).verify(await idp.token()))).toBe(
        'ERR_AUTH_TOKEN_INVALID',
      )
    },
  )

  test.each([[AUDIENCE], [['other', AUDIENCE]], [[AUDIENCE]]])('may have the audience %j', async (aud) => {
    expect((await verifierOf().verify(await idp.token({ aud }))).context.sub).toBe('alice')
  })

  test('may be for any of several audiences that are accepted', async () => {
    const verifier = verifierOf({ audience: ['https://api', AUDIENCE] })
    expect((await verifier.verify(await idp.token({ aud: 'https://api' }))).context.sub).toBe('alice')
    expect(await codeOf(verifier.verify(await idp.token({ aud: 'https://other' })))).toBe(
      'ERR_AUTH_TOKEN_INVALID',
    )
  })

  test('is remembered until it ends and no longer', async () => {
    const token = await idp.token()
    const clock = fakeClock('Date')
    const [remembering, forgetful] = [verifierOf(), verifierOf({ maxCachedTokens: 0 })]
    for (const verifier of [remembering, forgetful]) await verifier.verify(token)
    idp.answer = (_request, response) => response.writeHead(500).end()
    clock.advance(299_000)
    expect((await remembering.verify(token)).context.sub).toBe('alice')
    clock.advance(10_000)
    for (const verifier of [remembering, forgetful]) {
      expect(await codeOf(verifier.verify(token))).toBe('ERR_AUTH_TOKEN_EXPIRED')
    }
  })

  test('is verified each time when none is to be remembered', async () => {
    const token = await idp.token()
    const clock = fakeClock()
    const [remembering, forgetful] = [verifierOf(), verifierOf({ maxCachedTokens: 0 })]
    for (const verifier of [remembering, forgetful]) await verifier.verify(token)
    idp.answer = (_request, response) => response.writeHead(500).end()
    clock.advance(600_000 + 3_600_000)
    expect((await remembering.verify(token)).context.sub).toBe('alice')
    expect(await codeOf(forgetful.verify(token))).toBe('ERR_AUTH_KEYS_UNAVAILABLE')
  })
})

describe('a token is refused', () => {
  test.each<[string, Record<string, unknown>]>([
    ['without an issuer', { iss: undefined }],
    ['of another issuer', { iss: 'https://evil.example' }],
    ['whose issuer is a list', { iss: ['x'] }],
    ['without an audience', { aud: undefined }],
    ['for another application', { aud: 'other-app' }],
    ['for a longer audience', { aud: `${AUDIENCE}2` }],
    ['whose audience is an object', { aud: { [AUDIENCE]: true } }],
    ['without an end', { exp: undefined }],
    ['whose end is text', { exp: '9999999999' }],
    ['without a subject', { sub: undefined }],
    ['with an empty subject', { sub: '' }],
    ['with a subject that is a number', { sub: 7 }],
    ['that is not good yet', { nbf: 9_999_999_999 }],
    ['that comes from the future', { iat: 9_999_999_999 }],
  ])('%s', async (_what, claims) => {
    expect(await codeOf(verifierOf().verify(await idp.token(claims)))).toBe('ERR_AUTH_TOKEN_INVALID')
  })

  test('with a slash too many in its issuer', async () => {
    expect(await codeOf(verifierOf().verify(await idp.token({ iss: `${idp.issuer}/` })))).toBe(
      'ERR_AUTH_TOKEN_INVALID',
    )
  })

  test('once it has ended, with a code of its own', async () => {
    expect(await codeOf(verifierOf().verify(await idp.token({ exp: at(-60) })))).toBe(
      'ERR_AUTH_TOKEN_EXPIRED',
    )
  })

  test('of another issuer without a single download', async () => {
    expect(await codeOf(verifierOf().verify(await idp.token({ iss: `${idp.issuer}.evil.example` })))).toBe(
      'ERR_AUTH_TOKEN_INVALID',
    )
    expect([idp.downloads, idp.others]).toEqual([0, []])
  })

  test.each(['jku', 'x5u'])('or verified without looking at its header %s', async (name) => {
    await verifierOf().verify(await idp.token({}, { [name]: `${idp.issuer}/evil` }))
    expect(idp.others).toEqual([])
  })

  test('when its signature was made with the public key as a secret', async () => {
    const [jwk] = idp.keys
    const pem = await exportSPKI((await importJWK({ ...jwk, ext: true }, 'ES256')) as CryptoKey)
    const [, payload] = (await idp.token()).split('.')
    const input = `${Buffer.from('{"alg":"HS256","kid":"key-1"}').toString('base64url')}.${payload}`
    const forged = `${input}.${createHmac('sha256', pem).update(input).digest('base64url')}`
    expect(await codeOf(verifierOf().verify(forged))).toBe('ERR_AUTH_TOKEN_INVALID')
  })

  test('when it is not signed', async () => {
    const [, payload] = (await idp.token()).split('.')
    for (const alg of ['none', 'None', 'NONE']) {
      const header = Buffer.from(JSON.stringify({ alg })).toString('base64url')
      for (const signature of ['', 'AA']) {
        expect(await codeOf(verifierOf().verify(`${header}.${payload}.${signature}`))).toBe(
          'ERR_AUTH_TOKEN_INVALID',
        )
      }
    }
  })

  test('over 8 KiB, without a download', async () => {
    expect(await codeOf(verifierOf().verify(await idp.token({ fill: 'x'.repeat(8192) })))).toBe(
      'ERR_AUTH_TOKEN_INVALID',
    )
    expect(idp.downloads).toBe(0)
  })

  test('without its text in the error', async () => {
    const token = await idp.token({ aud: 'HIDDEN', name: 'HIDDEN' })
    const error = await refusalOf(verifierOf().verify(token))
    for (let one: unknown = error; one instanceof Error; one = one.cause) {
      expect(`${one.message} ${JSON.stringify(one)}`).not.toContain('HIDDEN')
      expect(`${one.message} ${JSON.stringify(one)}`).not.toContain(token)
    }
  })
})

describe('a token of another kind is refused', () => {
  test.each<[string, Record<string, unknown>, Record<string, unknown>]>([
    ['an ID token with a nonce', { nonce: 'n' }, {}],
    ['an ID token with at_hash', { at_hash: 'h' }, {}],
    ['an ID token with c_hash', { c_hash: 'h' }, {}],
    ['an ID token with s_hash', { s_hash: 'h' }, {}],
    ['an ID token without typ', { nonce: 'n' }, { typ: undefined }],
    ['an ID token of Cognito', { token_use: 'id' }, {}],
    ['an ID token of Keycloak', { typ: 'ID' }, {}],
    ['a refresh token of Keycloak', { typ: 'Refresh' }, {}],
    ['an ID token that claims to be an access token', { token_use: 'id' }, { typ: 'at+jwt' }],
    ['a logout token', { events: { 'http://schemas.openid.net/event/backchannel-logout': {} } }, {}],
    ['a logout token with its typ', {}, { typ: 'logout+jwt' }],
    ['a DPoP proof', {}, { typ: 'dpop+jwt' }],
    ['a security event', {}, { typ: 'secevent+jwt' }],
    ['a client assertion', {}, { typ: 'client-authentication+jwt' }],
    ['a typ that is a number', {}, { typ: 7 }],
  ])('%s', async (_what, claims, header) => {
    expect(await codeOf(verifierOf().verify(await idp.token(claims, header)))).toBe('ERR_AUTH_TOKEN_INVALID')
  })

  test.each<[string, Record<string, unknown>, Record<string, unknown>]>([
    ['no typ', {}, { typ: undefined }],
    ['the typ jwt', {}, { typ: 'jwt' }],
    ['the typ at+jwt', {}, { typ: 'at+jwt' }],
    ['the whole media type', {}, { typ: 'application/AT+JWT' }],
    ['token_use access', { token_use: 'access' }, {}],
    ['the claim typ of Keycloak', { typ: 'Bearer' }, {}],
    ['a nonce under the typ at+jwt', { nonce: 'n' }, { typ: 'at+jwt' }],
  ])('an access token with %s is not', async (_what, claims, header) => {
    expect((await verifierOf().verify(await idp.token(claims, header))).context.sub).toBe('alice')
  })

  test('and in strict mode everything but at+jwt', async () => {
    const verifier = verifierOf({ strict: true })
    for (const typ of ['at+jwt', 'application/at+jwt']) {
      expect((await verifier.verify(await idp.token({}, { typ }))).context.sub).toBe('alice')
    }
    for (const typ of [undefined, 'JWT', 'id+jwt', '']) {
      expect(await codeOf(verifier.verify(await idp.token({}, { typ })))).toBe('ERR_AUTH_TOKEN_INVALID')
    }
  })
})

describe('several issuers', () => {
  test('are accepted side by side, each with its own keys and audience', async () => {
    await using other = await startIssuer()
    const verifier = createVerifier({
      [allowInsecureHttp]: true,
      issuers: [
        { issuer: idp.issuer, jwksUri: idp.jwksUri, audience: 'a' },
        { issuer: other.issuer, jwksUri: other.jwksUri, audience: 'b' },
      ],
    })
    expect((await verifier.verify(await idp.token({ aud: 'a' }))).claims['iss']).toBe(idp.issuer)
    expect((await verifier.verify(await other.token({ aud: 'b' }))).claims['iss']).toBe(other.issuer)
    for (const bad of [
      idp.token({ aud: 'b' }),
      other.token({ aud: 'a' }),
      // One signs in the name of the other: the key ids are the same, the keys are not.
      idp.token({ iss: other.issuer, aud: 'b' }),
      other.token({ iss: idp.issuer, aud: 'a' }),
    ]) {
      expect(await codeOf(verifier.verify(await bad))).toBe('ERR_AUTH_TOKEN_INVALID')
    }
  })

  test('fail one by one: the keys of one that is down do not matter to the other', async () => {
    await using other = await startIssuer()
    const verifier = createVerifier({
      [allowInsecureHttp]: true,
      issuers: [idp, other].map(({ issuer, jwksUri }) => ({ issuer, jwksUri, audience: AUDIENCE })),
    })
    other.answer = (_request, response) => response.writeHead(503).end()
    expect(await codeOf(verifier.verify(await other.token()))).toBe('ERR_AUTH_KEYS_UNAVAILABLE')
    expect((await verifier.verify(await idp.token())).context.sub).toBe('alice')
  })
})

describe('keys', () => {
  test('are downloaded once for a hundred callers at once', async () => {
    const verifier = verifierOf()
    const tokens = await Promise.all(
      Array.from({ length: 100 }, (_, index) => idp.token({ jti: String(index) })),
    )
    await Promise.all(tokens.map((token) => verifier.verify(token)))
    expect(idp.downloads).toBe(1)
  })

  test('that cannot be had are an answer of 503 with a time to come back, and then they can', async () => {
    const clock = fakeClock()
    const verifier = verifierOf()
    idp.answer = (_request, response) => response.writeHead(500).end()
    const token = await idp.token()
    expect(await refusalOf(verifier.verify(token))).toMatchObject({
      code: 'ERR_AUTH_KEYS_UNAVAILABLE',
      statusCode: 503,
      retryAfterSeconds: 5,
      expose: false,
    })
    idp.answer = undefined
    clock.advance(1000)
    expect((await verifier.verify(token)).context.sub).toBe('alice')
  })

  test.each<[string, (response: ServerResponse) => void]>([
    ...[301, 302, 303, 307, 308].map((status): [string, (response: ServerResponse) => void] => [
      `lead elsewhere with ${status}`,
      (response) => response.writeHead(status, { location: '/elsewhere' }).end(),
    ]),
    ['are not there', (response) => response.writeHead(404).end()],
    ['are nothing', (response) => response.writeHead(204).end()],
    ['are a page', (response) => response.setHeader('content-type', 'text/html').end('<html></html>')],
    ['are cut short', (response) => response.setHeader('content-type', 'application/json').end('{"keys":[')],
    ['are too many bytes', (response) => endless(response)],
    ['break off', (response) => void response.writeHead(200).write('{', () => response.destroy())],
    ['break off at once', (response) => response.destroy()],
    ['never come', () => undefined],
    ['come without end', (response) => void response.writeHead(200, JSON_HEADERS).write('{')],
  ])('that %s are those of nobody: 503, never 401', async (_what, answer) => {
    const good = { keys: idp.keys }
    idp.documents.set('/elsewhere', good)
    idp.answer = (_request, response) => answer(response)
    const verifier = verifierOf({ timeoutMs: 200 })
    expect(await codeOf(verifier.verify(await idp.token()))).toBe('ERR_AUTH_KEYS_UNAVAILABLE')
    expect([idp.downloads, idp.others]).toEqual([1, []])
  })

  test('that nobody knows cost one download in five minutes, however many tokens ask', async () => {
    const clock = fakeClock()
    const verifier = verifierOf({ maxCachedTokens: 0 })
    const good = await idp.token()
    await verifier.verify(good)
    clock.advance(300_000)
    const flood = await Promise.all(
      Array.from({ length: 300 }, (_, index) => idp.token({}, { kid: `unknown-${index}` })),
    )
    const codes = await Promise.all(flood.map((token) => codeOf(verifier.verify(token))))
    expect(new Set(codes)).toEqual(new Set(['ERR_AUTH_TOKEN_INVALID']))
    expect(idp.downloads).toBe(2)
    clock.advance(299_999)
    expect(await codeOf(verifier.verify(await idp.token({}, { kid: 'unknown' })))).toBe(
      'ERR_AUTH_TOKEN_INVALID',
    )
    expect(idp.downloads).toBe(2)
    expect((await verifier.verify(good)).context.sub).toBe('alice')
  })

  test('may change while traffic flows, without one refusal', async () => {
    const verifier = verifierOf({ cooldownMs: 0, maxCachedTokens: 0 })
    let verified = 0
    for (let round = 0; round < 5; round += 1) {
      const before = await Promise.all(Array.from({ length: 20 }, () => idp.token()))
      await idp.rotate()
      const after = await Promise.all(Array.from({ length: 20 }, () => idp.token()))
      await Promise.all(
        [...before, ...after].map(async (token) => {
          await verifier.verify(token)
          verified += 1
        }),
      )
    }
    expect(verified).toBe(200)
    expect(idp.keys).toHaveLength(6)
  })

  test('go on while their endpoint is down, and what needs another key waits', async () => {
    const clock = fakeClock()
    const verifier = verifierOf({ maxCachedTokens: 0 })
    const good = await idp.token()
    await verifier.verify(good)
    idp.answer = (_request, response) => response.writeHead(500).end()
    clock.advance(600_000 + 3_599_999)
    expect((await verifier.verify(good)).context.sub).toBe('alice')
    expect(await codeOf(verifier.verify(await idp.token({}, { kid: 'new' })))).toBe(
      'ERR_AUTH_KEYS_UNAVAILABLE',
    )
    clock.advance(1)
    expect(await codeOf(verifier.verify(good))).toBe('ERR_AUTH_KEYS_UNAVAILABLE')
  })

  test('are downloaded with the function given', async () => {
    const asked: string[] = []
    const verifier = verifierOf({
      egress: (url, init) => {
        asked.push(url)
        return fetch(url, init)
      },
    })
    await verifier.verify(await idp.token())
    expect(asked).toEqual([idp.jwksUri])
  })
})
