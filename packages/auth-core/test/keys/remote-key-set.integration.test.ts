import type { ServerResponse } from 'node:http'
import { exportSPKI, generateKeyPair, importJWK, type CryptoKey, type JWK } from 'jose'
import { afterEach, describe, expect, test, vi } from 'vitest'
import {
  allowInsecureHttp,
  createRemoteKeySet,
  createTokenVerifier,
  type RemoteKeySetOptions,
  type TokenVerifier,
} from '../../src/index.ts'
import { codeOfRejection } from '../code-of.ts'
import { makeKey, sign, signRaw, at, type TestKey } from '../tokens.ts'
import { startJwksServer, type JwksServer } from './jwks-server.ts'

const ES256 = await makeKey('ES256', 'e1')
const RS256 = await makeKey('RS256', 'r1')

function verifier(server: JwksServer, options: RemoteKeySetOptions = {}): TokenVerifier {
  return createTokenVerifier({
    keys: createRemoteKeySet(server.url, { ...options, [allowInsecureHttp]: true }),
    algorithms: ['RS256', 'ES256', 'PS256', 'EdDSA'],
  })
}

function signWith(key: TestKey, header: Record<string, unknown> = {}): Promise<string> {
  return sign({}, { alg: key.jwk.alg, kid: key.jwk.kid, ...header }, key.privateKey)
}

/** Only the monotonic clock is faked: sockets and timeouts stay real. */
function fakeClock(): { advance(ms: number): void } {
  vi.useFakeTimers({ toFake: ['performance'] })
  return { advance: (ms) => vi.advanceTimersByTime(ms) }
}

afterEach(() => {
  vi.useRealTimers()
})

describe('keys', () => {
  test('of several kinds verify, and are downloaded once for all tokens', async () => {
    const ed = await makeKey('EdDSA', 'd1')
    await using server = await startJwksServer([ES256.jwk, RS256.jwk, ed.jwk])
    const verify = verifier(server)
    for (const key of [ES256, RS256, ed]) expect((await verify(await signWith(key))).sub).toBe('user-1')
    expect(server.requests).toBe(1)
  })

  test('are downloaded once for 100 callers at once', async () => {
    await using server = await startJwksServer([ES256.jwk])
    const verify = verifier(server)
    const token = await signWith(ES256)
    await Promise.all(Array.from({ length: 100 }, () => verify(token)))
    expect(server.requests).toBe(1)
  })

  test('are tried one after the other when a token has no kid', async () => {
    const second = await makeKey('ES256', 'e2')
    await using server = await startJwksServer([ES256.jwk, second.jwk])
    const verify = verifier(server)
    expect((await verify(await signWith(second, { kid: undefined }))).sub).toBe('user-1')
    const stranger = await makeKey('ES256')
    expect(await codeOfRejection(verify(await signWith(stranger)))).toBe('ERR_AUTH_TOKEN_INVALID')
  })

  test('that appear later are found, once the cooldown is over', async () => {
    const clock = fakeClock()
    await using server = await startJwksServer([ES256.jwk])
    const verify = verifier(server)
    await verify(await signWith(ES256))
    const next = await makeKey('ES256', 'e2')
    server.keys = [ES256.jwk, next.jwk]
    expect(await codeOfRejection(verify(await signWith(next)))).toBe('ERR_AUTH_TOKEN_INVALID')
    clock.advance(30_000)
    expect((await verify(await signWith(next))).sub).toBe('user-1')
    expect(server.requests).toBe(2)
  })

  test('that were withdrawn stop verifying when the cache has aged', async () => {
    const clock = fakeClock()
    await using server = await startJwksServer([ES256.jwk])
    const verify = verifier(server)
    await verify(await signWith(ES256))
    server.keys = [RS256.jwk]
    clock.advance(599_000)
    await verify(await signWith(ES256))
    clock.advance(1000)
    expect(await codeOfRejection(verify(await signWith(ES256)))).toBe('ERR_AUTH_TOKEN_INVALID')
  })

  test('that nobody knows cost one download per cooldown, however many tokens ask', async () => {
    const clock = fakeClock()
    await using server = await startJwksServer([ES256.jwk])
    const verify = verifier(server)
    const good = await signWith(ES256)
    await verify(good)
    const flood = async (): Promise<void> => {
      for (let index = 0; index < 300; index += 1) {
        const token = await signWith(ES256, { kid: `random-${index}` })
        expect(await codeOfRejection(verify(token))).toBe('ERR_AUTH_TOKEN_INVALID')
      }
    }
    await flood()
    expect(server.requests).toBe(1)
    clock.advance(30_000)
    await flood()
    expect(server.requests).toBe(2)
    expect((await verify(good)).sub).toBe('user-1')
  })
})

describe('confusion', () => {
  test('a public key is never a secret: HS256 signed with its PEM is refused', async () => {
    const publicKey = (await importJWK(RS256.jwk, 'RS256', { extractable: true })) as CryptoKey
    await using server = await startJwksServer([RS256.jwk])
    const verify = verifier(server)
    const token = await sign({}, { kid: 'r1' }, await exportSPKI(publicKey))
    expect(await codeOfRejection(verify(token))).toBe('ERR_AUTH_TOKEN_INVALID')
    const raw = await signRaw('{"alg":"HS256","kid":"r1"}', `{"sub":"a","exp":${at(60)}}`)
    expect(await codeOfRejection(verify(raw))).toBe('ERR_AUTH_TOKEN_INVALID')
    expect(server.requests).toBe(0)
  })

  test('an algorithm that does not fit the key is refused', async () => {
    await using server = await startJwksServer([ES256.jwk, RS256.jwk])
    const verify = verifier(server)
    const pair = await generateKeyPair('PS256')
    const token = await sign({}, { alg: 'PS256', kid: 'r1' }, pair.privateKey)
    expect(await codeOfRejection(verify(token))).toBe('ERR_AUTH_TOKEN_INVALID')
    const swapped = await sign({}, { alg: 'ES256', kid: 'r1' }, ES256.privateKey)
    expect(await codeOfRejection(verify(swapped))).toBe('ERR_AUTH_TOKEN_INVALID')
  })

  test('a secret in a key set never verifies', async () => {
    const secret: JWK = { kty: 'oct', k: Buffer.alloc(32, 1).toString('base64url'), kid: 's1', alg: 'HS256' }
    await using server = await startJwksServer([secret])
    const token = await sign({}, { kid: 's1' }, new Uint8Array(32).fill(1))
    expect(await codeOfRejection(verifier(server)(token))).toBe('ERR_AUTH_TOKEN_INVALID')
  })
})

describe('an endpoint that fails', () => {
  test.each<[string, NonNullable<JwksServer['answer']>]>([
    ['answers 500', (_request, response) => response.writeHead(500).end('{"keys":[]}')],
    ['answers 404', (_request, response) => response.writeHead(404).end()],
    ['redirects', (_request, response) => response.writeHead(302, { location: '/other' }).end()],
    [
      'sends HTML',
      (_request, response) => response.writeHead(200, { 'content-type': 'text/html' }).end('{"keys":[]}'),
    ],
    ['sends no content type', (_request, response) => response.writeHead(200).end('{"keys":[]}')],
    [
      'sends broken JSON',
      (_request, response) =>
        response.writeHead(200, { 'content-type': 'application/json' }).end('{"keys":['),
    ],
    [
      'sends no key set',
      (_request, response) => response.writeHead(200, { 'content-type': 'application/json' }).end('null'),
    ],
    [
      'sends keys that are none',
      (_request, response) =>
        response.writeHead(200, { 'content-type': 'application/json' }).end('{"keys":[1]}'),
    ],
    ['closes the connection', (_request, response) => response.destroy()],
    [
      'stops in the middle',
      (_request, response) => {
        response
          .writeHead(200, { 'content-type': 'application/json', 'content-length': '100' })
          .write('{"keys":')
        response.destroy()
      },
    ],
    [
      'sends more than 256 KiB',
      (_request, response) => {
        response
          .writeHead(200, { 'content-type': 'application/json' })
          .end(`{"keys":[],"x":"${'x'.repeat(262_144)}"}`)
      },
    ],
    [
      'sends more than 100 keys',
      (_request, response) => {
        response
          .writeHead(200, { 'content-type': 'application/json' })
          .end(JSON.stringify({ keys: Array.from({ length: 101 }, () => ({ kty: 'EC' })) }))
      },
    ],
  ])(
    'before the first success makes every token a 503, never a denial, when it %s',
    async (_name, answer) => {
      await using server = await startJwksServer([ES256.jwk])
      server.answer = answer
      expect(await codeOfRejection(verifier(server)(await signWith(ES256)))).toBe('ERR_AUTH_KEYS_UNAVAILABLE')
      expect(server.requests).toBe(1)
    },
  )

  test('endlessly is cut off at the size limit', async () => {
    await using server = await startJwksServer([ES256.jwk])
    let hungUp: () => void = () => undefined
    const closed = new Promise<void>((resolve) => {
      hungUp = resolve
    })
    server.answer = (_request, response) => {
      response.writeHead(200, { 'content-type': 'application/json' })
      const more = (): void => {
        while (!response.destroyed && response.write('x'.repeat(65_536)));
      }
      response.on('drain', more).on('close', hungUp)
      more()
    }
    expect(await codeOfRejection(verifier(server)(await signWith(ES256)))).toBe('ERR_AUTH_KEYS_UNAVAILABLE')
    await closed
  })

  test('by saying nothing is given up after timeoutMs, headers and body alike', async () => {
    await using server = await startJwksServer([ES256.jwk])
    for (const answer of [
      () => undefined,
      (_request: unknown, response: ServerResponse) => {
        response.writeHead(200, { 'content-type': 'application/json' }).write('{"keys":')
      },
    ]) {
      server.answer = answer
      const start = performance.now()
      const verify = verifier(server, { timeoutMs: 100 })
      expect(await codeOfRejection(verify(await signWith(ES256)))).toBe('ERR_AUTH_KEYS_UNAVAILABLE')
      expect(performance.now() - start).toBeLessThan(5000)
    }
  })

  test('is not asked again at once, and recovers', async () => {
    const clock = fakeClock()
    await using server = await startJwksServer([ES256.jwk])
    await server.close()
    const verify = verifier(server)
    const token = await signWith(ES256)
    expect(await codeOfRejection(verify(token))).toBe('ERR_AUTH_KEYS_UNAVAILABLE')
    await server.reopen()
    expect(await codeOfRejection(verify(token))).toBe('ERR_AUTH_KEYS_UNAVAILABLE')
    expect(server.requests).toBe(0)
    clock.advance(1000)
    expect((await verify(token)).sub).toBe('user-1')
  })

  test('leaves the keys that are held in force for an hour past their age, and no longer', async () => {
    const clock = fakeClock()
    await using server = await startJwksServer([ES256.jwk])
    const verify = verifier(server)
    const token = await signWith(ES256)
    await verify(token)
    await server.close()
    clock.advance(600_000)
    expect((await verify(token)).sub).toBe('user-1')
    clock.advance(3_599_000)
    expect((await verify(token)).sub).toBe('user-1')
    clock.advance(1000)
    expect(await codeOfRejection(verify(token))).toBe('ERR_AUTH_KEYS_UNAVAILABLE')
    await server.reopen()
    clock.advance(30_000)
    expect((await verify(token)).sub).toBe('user-1')
  })

  test('says nothing about a key that is not held: 503, while held keys verify', async () => {
    const clock = fakeClock()
    await using server = await startJwksServer([ES256.jwk])
    const verify = verifier(server)
    await verify(await signWith(ES256))
    await server.close()
    clock.advance(30_000)
    const unknown = await signWith(await makeKey('ES256', 'new'))
    expect(await codeOfRejection(verify(unknown))).toBe('ERR_AUTH_KEYS_UNAVAILABLE')
    expect(await codeOfRejection(verify(unknown))).toBe('ERR_AUTH_KEYS_UNAVAILABLE')
    expect((await verify(await signWith(ES256))).sub).toBe('user-1')
  })

  test('is asked once per cooldown while stale keys are in use', async () => {
    const clock = fakeClock()
    await using server = await startJwksServer([ES256.jwk])
    const verify = verifier(server)
    const token = await signWith(ES256)
    await verify(token)
    server.answer = (_request, response) => response.writeHead(500).end()
    clock.advance(600_000)
    for (let index = 0; index < 50; index += 1) await verify(token)
    expect(server.requests).toBe(2)
  })
})
