import fc from 'fast-check'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { oidcMiddleware, type SocketMiddleware } from '../../src/socket.io/index.ts'
import { startIssuer, type TestIssuer } from '../support/issuer.ts'
import { outcome, startServer, verifierOf } from './support.ts'

let issuer: TestIssuer
let guard: SocketMiddleware
const unhandled: unknown[] = []
const record = (error: unknown): void => void unhandled.push(error)
beforeAll(async () => {
  process.on('unhandledRejection', record)
  issuer = await startIssuer()
  guard = oidcMiddleware({ verifier: verifierOf(issuer) })
})
afterAll(async () => {
  await issuer[Symbol.asyncDispose]()
  process.off('unhandledRejection', record)
})

const CODES = /^ERR_AUTH_(TOKEN_REQUIRED|TOKEN_INVALID|REQUEST_INVALID)$/

const anyToken = fc.oneof(
  fc.anything({
    withBigInt: true,
    withDate: true,
    withNullPrototype: true,
    withTypedArray: true,
    withSet: true,
  }),
  fc.string({ unit: 'binary', maxLength: 300 }),
  fc
    .array(fc.string({ unit: 'grapheme', maxLength: 40 }), { minLength: 2, maxLength: 4 })
    .map((parts) => parts.join('.')),
  fc
    .tuple(fc.json(), fc.json(), fc.base64String())
    .map((parts) => parts.map((part) => Buffer.from(part).toString('base64url')).join('.')),
)
const anyHeaders = fc.array(
  fc.tuple(
    fc.constantFrom('authorization', 'Authorization', 'AUTHORIZATION', 'cookie'),
    fc.oneof(
      fc.string({ maxLength: 60 }),
      fc.string({ maxLength: 60 }).map((text) => `Bearer ${text}`),
    ),
  ),
  { maxLength: 3 },
)

it('three thousand hostile handshakes end in a refusal with a code each', async () => {
  await fc.assert(
    fc.asyncProperty(anyToken, anyHeaders, fc.boolean(), async (token, headers, isNull) => {
      const socket = {
        recovered: false,
        handshake: { auth: isNull ? undefined : { token }, headers: {} },
        request: { rawHeaders: headers.flat() },
      }
      const error = await new Promise<Error | undefined>((resolve) => {
        guard(socket as never, resolve)
      })
      expect(error?.message).toMatch(CODES)
      expect((error as Error & { data: unknown }).data).toEqual({ code: error?.message })
    }),
    { numRuns: 3000 },
  )
  await new Promise(setImmediate)
  expect(unhandled).toEqual([])
})

it('hundreds of hostile tokens over the wire end in a refusal, and a good one still opens', async () => {
  await using server = await startServer((io) => io.use(guard))
  const wireToken = fc.oneof(fc.jsonValue(), fc.string({ unit: 'binary', maxLength: 300 }), fc.uint8Array())
  await fc.assert(
    fc.asyncProperty(wireToken, async (token) => {
      const client = server.client(token)
      expect((await outcome(client)).message).toMatch(CODES)
      client.disconnect()
    }),
    { numRuns: 300 },
  )
  expect(await outcome(server.client(await issuer.token()))).toEqual({ message: 'connected' })
  expect(unhandled).toEqual([])
})

it('hostile reauths leave the process and the socket alone', async () => {
  await using server = await startServer((io) => {
    io.use(guard)
    io.on('connection', (socket) => socket.on('echo', (ack: () => void) => ack()))
  })
  const client = server.client(await issuer.token())
  await outcome(client)
  const answers: Promise<unknown>[] = []
  for (const args of fc.sample(fc.array(fc.jsonValue(), { maxLength: 3 }), 1000)) {
    client.emit('reauth', ...args)
    answers.push(client.emitWithAck('reauth', ...args))
  }
  for (const answer of await Promise.all(answers)) expect(answer).toMatchObject({ ok: false })
  await client.emitWithAck('echo')
  expect(client.connected).toBe(true)
  expect(unhandled).toEqual([])
})
