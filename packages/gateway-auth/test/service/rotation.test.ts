import { generateKeyPairSync } from 'node:crypto'
import { createKeyRing } from '@portcullis/auth-core'
import { afterEach, expect, test, vi } from 'vitest'
import { testApp } from '../support/app.ts'
import { codeOf } from '../support/code-of.ts'
import { headerOf } from '../support/payload-of.ts'
import { SECRET, testService } from '../support/service.ts'

afterEach(() => void vi.useRealTimers())

const ec = (): string =>
  generateKeyPairSync('ec', { namedCurve: 'P-256' })
    .privateKey.export({ type: 'pkcs8', format: 'pem' })
    .toString()

test.each<['ES256' | 'EdDSA' | 'RS256', () => string]>([
  ['ES256', ec],
  [
    'EdDSA',
    () => generateKeyPairSync('ed25519').privateKey.export({ type: 'pkcs8', format: 'pem' }).toString(),
  ],
  [
    'RS256',
    () =>
      generateKeyPairSync('rsa', { modulusLength: 2048 })
        .privateKey.export({ type: 'pkcs8', format: 'pem' })
        .toString(),
  ],
])('a service signs with %s and publishes the public half alone', async (algorithm, makeKey) => {
  const { app, auth, register } = await testApp({
    service: { keys: createKeyRing([{ algorithm, key: makeKey() }]) },
  })
  const first = await auth.issueTokens(await register())
  expect(headerOf(first.accessToken)['alg']).toBe(algorithm)
  await auth.verify((await auth.refreshTokens(first.refreshToken)).accessToken)
  const { keys } = (await app.inject('/.well-known/jwks.json')).json<{ keys: object[] }>()
  expect(keys).toHaveLength(1)
  for (const name of ['d', 'p', 'q', 'dp', 'dq', 'qi', 'k']) expect(keys[0]).not.toHaveProperty(name)
})

test('three replicas move from a secret to a key one after the other without a failed verification', async () => {
  vi.useFakeTimers({ toFake: ['Date'] })
  const next = { algorithm: 'ES256', key: ec(), signFrom: Date.now() + 300_000 } as const
  const shared = await testService()
  const { store } = shared
  const replicas = await Promise.all(
    Array.from({ length: 3 }, async () => {
      const keys = createKeyRing([{ algorithm: 'HS256', key: SECRET }])
      return { keys, ...(await testService({ store, keys })) }
    }),
  )
  const client = await shared.register()
  const tokens: string[] = []
  /** Every replica issues a token, and every replica verifies all there are. */
  const round = async (): Promise<void> => {
    for (const { auth } of replicas) {
      // oxlint-disable-next-line no-await-in-loop -- one after the other
      tokens.push((await auth.issueTokens(client)).accessToken)
    }
    for (const { auth } of replicas) {
      // oxlint-disable-next-line no-await-in-loop -- one after the other
      await Promise.all(tokens.map(async (token) => auth.verify(token)))
    }
  }
  await round()
  for (const { keys } of replicas) {
    keys.add(next)
    // oxlint-disable-next-line no-await-in-loop -- one after the other
    await round()
  }
  vi.setSystemTime(Date.now() + 300_001)
  await round()
  expect(headerOf(tokens.at(-1) as string)['alg']).toBe('ES256')
  for (const { keys, auth } of replicas) {
    const old = headerOf(tokens[0] as string)['kid'] as string
    keys.remove(old)
    // oxlint-disable-next-line no-await-in-loop -- one after the other
    expect(await codeOf(auth.verify(tokens[0]))).toBe('ERR_AUTH_TOKEN_INVALID')
  }
})
