import { createSecretHasher } from '@portcullis/auth-core/hashing'
import { expect, test } from 'vitest'
import {
  buildClientRecord,
  createMemoryStore,
  getClient,
  saveClient,
  verifyClientSecret,
} from '../../src/index.ts'
import { basic, postForm, testApp } from '../support/app.ts'
import { codeOf } from '../support/code-of.ts'

test('while 32 token requests hash, the event loop serves others; each of the 32 is answered', async () => {
  await using hasher = createSecretHasher({ maxThreads: 2 })
  const { app, auth } = await testApp({ service: { hasher, secretCacheMs: 0 } })
  const client = await auth.register({ name: 'a', capabilities: [] })
  let isBusy = true
  const hashing = Promise.all(
    Array.from({ length: 32 }, async () =>
      app.inject({ method: 'POST', url: '/auth/token', payload: client }),
    ),
  ).finally(() => {
    isBusy = false
  })
  let served = 0
  while (isBusy) {
    // oxlint-disable-next-line no-await-in-loop -- as often as the loop comes round
    expect((await app.inject('/open')).statusCode).toBe(200)
    served += 1
    // oxlint-disable-next-line no-await-in-loop -- lets the answers of the threads in
    await new Promise((resolve) => setImmediate(resolve))
  }
  expect((await hashing).map(({ statusCode }) => statusCode)).toEqual(Array.from({ length: 32 }, () => 200))
  // Were one hash computed on the loop, it would come round about as often as there are hashes.
  expect(served).toBeGreaterThan(100)
})

test('past the queue callers get 503 with Retry-After, in both styles', async () => {
  await using hasher = createSecretHasher({ maxThreads: 1, maxQueue: 1 })
  const { app, auth } = await testApp({ service: { hasher, secretCacheMs: 0, maxFailures: 1000 } })
  const client = await auth.register({ name: 'a', capabilities: [] })
  const answers = await Promise.all([
    ...Array.from({ length: 6 }, async () =>
      app.inject({ method: 'POST', url: '/auth/token', payload: client }),
    ),
    ...Array.from({ length: 6 }, async () =>
      postForm(
        app,
        '/auth/token',
        { grant_type: 'client_credentials' },
        basic(client.clientId, client.clientSecret),
      ),
    ),
  ])
  const refused = answers.filter(({ statusCode }) => statusCode === 503)
  expect(answers.filter(({ statusCode }) => statusCode === 200)).toHaveLength(2)
  expect(refused).toHaveLength(10)
  for (const { headers } of refused) expect(headers['retry-after']).toMatch(/^[1-9]\d*$/)
  expect(refused.map((one) => one.json<{ code?: string }>().code)).toContain('ERR_AUTH_HASHING_BUSY')
  expect(refused.map((one) => one.json<{ error?: string }>().error)).toContain('temporarily_unavailable')
})

test('the record of a client has a bcrypt hash, and the function finds the client by its secret alone', async () => {
  await using hasher = createSecretHasher()
  const store = createMemoryStore()
  const secret = 'a secret of a client'
  const record = await buildClientRecord({ name: 'a', capabilities: ['x', 'x'], secret }, { hasher })
  expect(record).toMatchObject({
    clientId: expect.stringMatching(/^c_[0-9a-f]{32}$/),
    namespaceId: expect.stringMatching(/^[0-9a-f]{32}$/),
    secretHash: expect.stringMatching(/^\$2b\$10\$/),
    capabilities: ['x'],
    tier: 'free',
  })
  expect(await saveClient(store, record)).toBe(true)
  expect(await saveClient(store, record)).toBe(false)
  expect(await getClient(store, record.clientId)).toEqual(record)
  expect(await verifyClientSecret(store, record.clientId, secret, { hasher })).toEqual(record)
  expect(await verifyClientSecret(store, record.clientId, 'wrong', { hasher })).toBeNull()
  expect(await verifyClientSecret(store, 'c_unknown', secret)).toBeNull()
  expect(await codeOf(verifyClientSecret(store, record.clientId, 'x'.repeat(73)))).toBe(
    'ERR_AUTH_SECRET_INVALID',
  )
})
