import { createKeyRing } from '@portcullis/auth-core'
import { expect, test } from 'vitest'
import { machineAuthenticator } from '../../src/index.ts'
import { SECRET, testService } from '../support/service.ts'

test('a machine token makes the user of its namespace, until it ends or is revoked', async () => {
  const { auth, register } = await testService()
  const client = await register()
  const { accessToken } = await auth.issueTokens(client)
  const authenticate = machineAuthenticator({ auth })
  const authentication = { method: 'access-token', token: accessToken }
  const success = await authenticate({ authentication })
  expect(success).toMatchObject({
    type: 'success',
    user: `namespace:${client.namespaceId}`,
    login: client.hostId,
    identity: { clientId: client.clientId },
  })
  const { isRevoked, expiresAtMs } = success as { isRevoked(): boolean; expiresAtMs: number }
  expect(expiresAtMs).toBeGreaterThan(Date.now())
  expect(isRevoked()).toBe(false)
  await auth.updateClient(client.clientId, { disabled: true })
  expect(isRevoked()).toBe(true)
  expect(await authenticate({ authentication })).toMatchObject({ type: 'error' })
})

test('refresh tokens, tokens of other keys and tokens past their end are refused', async () => {
  const { auth, register } = await testService({ clockToleranceSeconds: 60 })
  const authenticate = machineAuthenticator({ auth })
  const { refreshToken } = await auth.issueTokens(await register())
  const claims = { sub: 'h', namespaceId: 'n', tier: 'free', type: 'machine' }
  const second = Math.floor(Date.now() / 1000)
  const foreign = createKeyRing([{ algorithm: 'HS256', key: 'some other secret that is long enough' }])
  const ours = createKeyRing([{ algorithm: 'HS256', key: SECRET }])
  const refused = [
    refreshToken,
    await foreign.sign({ ...claims, exp: second + 60 }),
    await ours.sign({ ...claims, iat: second - 100, exp: second - 5 }),
    'opaque',
  ]
  for (const token of refused) {
    // oxlint-disable-next-line no-await-in-loop -- one after the other
    expect(await authenticate({ authentication: { method: 'access-token', token } })).toMatchObject({
      type: 'error',
      message: expect.stringMatching(/^Invalid or expired token: /) as string,
    })
  }
})

test('an option that is no auth service is a mistake', () => {
  expect(() => machineAuthenticator({ auth: {} as never })).toThrow(
    new TypeError('"auth" must be an auth service'),
  )
})
