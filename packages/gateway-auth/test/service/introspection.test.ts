import { createKeyRing } from '@portcullis/auth-core'
import { expect, test } from 'vitest'
import { createMemoryStore } from '../../src/index.ts'
import { payloadOf } from '../support/payload-of.ts'
import { SECRET, testService } from '../support/service.ts'

const INACTIVE = { active: false }

test('what another replica has ended is inactive before its revocation arrives', async () => {
  const store = createMemoryStore()
  const there = await testService({ store })
  const here = await testService({
    store: { ...store, watchRevocations: async () => ({ close: async () => undefined }) },
  })
  const one = await there.register()
  const two = await there.register()
  const ofFamily = await there.auth.issueTokens(one)
  const ofClient = await there.auth.issueTokens(two)
  for (const { accessToken } of [ofFamily, ofClient]) {
    // oxlint-disable-next-line no-await-in-loop -- two of them
    expect(await here.auth.introspect(accessToken)).toMatchObject({ active: true })
  }
  await there.auth.revokeFamily(payloadOf(ofFamily.refreshToken)['sid'] as string)
  await there.auth.updateClient(two.clientId, { disabled: true })
  for (const { accessToken } of [ofFamily, ofClient]) {
    // Not known here yet: else this would say nothing about the store.
    // oxlint-disable-next-line no-await-in-loop -- two of them
    await here.auth.verify(accessToken)
    // oxlint-disable-next-line no-await-in-loop -- two of them
    expect(await here.auth.introspect(accessToken)).toEqual(INACTIVE)
  }
})

test('a token that has ended is inactive, also while the clock tolerance lets it in', async () => {
  const { auth } = await testService({ clockToleranceSeconds: 60 })
  const keys = createKeyRing([{ algorithm: 'HS256', key: SECRET }])
  const now = Math.floor(Date.now() / 1000)
  const claims = { sub: 'h', namespaceId: 'n', tier: 'free', type: 'machine', iat: now - 100 }
  const ended = await keys.sign({ ...claims, exp: now - 5 })
  await auth.verify(ended)
  expect(await auth.introspect(ended)).toEqual(INACTIVE)
  expect(await auth.introspect(await keys.sign({ ...claims, exp: now + 5 }))).toMatchObject({ active: true })
})
