import fc from 'fast-check'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { createAuthService, createKeyRing, createMemoryStore } from '../../src/index.ts'
import { fakeHasher } from '../support/fake-hasher.ts'
import { testApp, type TestApp } from '../support/app.ts'
import { ISSUER, SECRET } from '../support/service.ts'

const rejections: unknown[] = []
const note = (reason: unknown): void => void rejections.push(reason)
let all: TestApp

beforeAll(async () => {
  process.on('unhandledRejection', note)
  all = await testApp({ routes: { rateLimits: { token: false, register: false, management: false } } })
})

afterAll(() => {
  process.off('unhandledRejection', note)
  expect(rejections).toEqual([])
})

const COUNT = 96_000

test(`of ${COUNT} random values none is a token, and each is refused with a code`, async () => {
  const auth = createAuthService({
    issuer: ISSUER,
    keys: createKeyRing([{ algorithm: 'HS256', key: SECRET }]),
    store: createMemoryStore(),
    hasher: fakeHasher(),
    registration: 'open',
  })
  await auth.start()
  const part = fc.oneof(
    fc.string(),
    fc.base64String(),
    fc.json().map((text) => Buffer.from(text).toString('base64url')),
  )
  const value = fc.oneof(
    { weight: 3, arbitrary: fc.tuple(part, part, part).map((parts) => parts.join('.')) },
    { weight: 1, arbitrary: fc.string({ unit: 'binary' }) },
    { weight: 1, arbitrary: fc.anything() },
  )
  const samples = fc.sample(value, { numRuns: COUNT, seed: 1 })
  for (let start = 0; start < samples.length; start += 1000) {
    // oxlint-disable-next-line no-await-in-loop -- in batches
    const codes = await Promise.all(
      samples.slice(start, start + 1000).map(async (one) =>
        auth.verify(one).then(
          () => 'accepted',
          (error: { code?: string }) => error.code,
        ),
      ),
    )
    expect(codes.filter((code) => code !== 'ERR_AUTH_TOKEN_INVALID')).toEqual([])
  }
}, 60_000)

const ROUTES = [
  '/auth/register',
  '/auth/token',
  '/auth/refresh',
  '/auth/revoke',
  '/auth/introspect',
  '/whoami',
  '/open',
]
const FORM_NAMES = [
  'grant_type',
  'scope',
  'client_id',
  'client_secret',
  'refresh_token',
  'token',
  'client_assertion',
  'client_assertion_type',
  '__proto__',
]

test('random bodies and headers never get a 5xx', async () => {
  const headerText = fc.string({
    unit: fc.integer({ min: 0x20, max: 0x7e }).map((code) => String.fromCharCode(code)),
  })
  const jsonBody = fc.oneof(
    fc.json(),
    fc
      .record(
        { name: fc.anything(), capabilities: fc.anything(), publicKey: fc.anything() },
        { requiredKeys: [] },
      )
      .map((one) => jsonOf(one)),
    fc
      .record(
        { clientId: fc.anything(), clientSecret: fc.anything(), refreshToken: fc.anything() },
        { requiredKeys: [] },
      )
      .map((one) => jsonOf(one)),
  )
  const formBody = fc
    .array(
      fc.tuple(
        fc.oneof(fc.constantFrom(...FORM_NAMES), fc.string()),
        fc.oneof(fc.constantFrom('client_credentials', 'refresh_token'), fc.string()),
      ),
    )
    .map((pairs) =>
      new URLSearchParams(
        pairs.map(([name, value]): [string, string] => [name.toWellFormed(), value.toWellFormed()]),
      ).toString(),
    )
  const input = fc.record({
    url: fc.constantFrom(...ROUTES),
    body: fc.oneof(
      jsonBody.map((payload) => ({ type: 'application/json', payload })),
      formBody.map((payload) => ({ type: 'application/x-www-form-urlencoded', payload })),
      fc.record({ type: headerText, payload: fc.string() }),
    ),
    authorization: fc.option(
      fc.oneof(
        headerText,
        headerText.map((one) => `Bearer ${one}`),
        fc.base64String().map((one) => `Basic ${one}`),
      ),
      { nil: undefined },
    ),
  })
  for (const { url, body, authorization } of fc.sample(input, { numRuns: 4000, seed: 2 })) {
    // oxlint-disable-next-line no-await-in-loop -- one after the other
    const answer = await all.app.inject({
      method: url === '/whoami' || url === '/open' ? 'GET' : 'POST',
      url,
      headers: { 'content-type': body.type, ...(authorization !== undefined && { authorization }) },
      ...(url !== '/whoami' && url !== '/open' && { payload: body.payload }),
    })
    if (answer.statusCode >= 500 || (url === '/whoami' && answer.statusCode < 400)) {
      expect.fail(`${answer.statusCode} for ${JSON.stringify({ url, body, authorization })}`)
    }
  }
}, 60_000)

function jsonOf(value: unknown): string {
  try {
    return JSON.stringify(value, (_, one: unknown) => (typeof one === 'bigint' ? one.toString() : one))
  } catch {
    return '{}'
  }
}
