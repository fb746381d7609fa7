import { createKeyRing } from '@portcullis/auth-core'
import { expect, test, vi } from 'vitest'
import { machineAuthorizer } from '../../src/index.ts'
import { codeOf } from '../support/code-of.ts'
import { ISSUER, SECRET, testService } from '../support/service.ts'

const now = (): number => Math.floor(Date.now() / 1000)

test('a machine token opens a session in its namespace', async () => {
  const { auth, register } = await testService()
  const client = await register()
  const { accessToken } = await auth.issueTokens(client)
  const grant = await machineAuthorizer({ auth, projectId: 'lobby' })({ token: accessToken })
  expect(grant).toMatchObject({
    workspaceId: client.namespaceId,
    projectId: 'lobby',
    userId: client.hostId,
    claims: { iss: ISSUER, client_id: client.clientId },
  })
  expect(grant.expiresAtMs).toBe((grant.claims['exp'] as number) * 1000)
  expect(grant.isRevoked()).toBe(false)
  await auth.updateClient(client.clientId, { disabled: true })
  expect(grant.isRevoked()).toBe(true)
  expect(await codeOf(machineAuthorizer({ auth })({ token: accessToken }))).toBe('ERR_AUTH_TOKEN_INVALID')
})

test('what is ours never reaches the fallback, also when it is refused', async () => {
  const { auth, register } = await testService()
  const fallback = vi.fn<() => Promise<string>>(async () => 'granted elsewhere')
  const authorize = machineAuthorizer({ auth, fallback })
  const { refreshToken } = await auth.issueTokens(await register())
  const foreign = createKeyRing([{ algorithm: 'HS256', key: 'some other secret that is long enough' }])
  const ours = createKeyRing([{ algorithm: 'HS256', key: SECRET }])
  const refused = [
    refreshToken,
    await foreign.sign({ sub: 'x', type: 'machine', namespaceId: 'n', tier: 'pro', exp: now() + 60 }),
    await foreign.sign({ sub: 'x', type: 'refresh', jti: 'j', exp: now() + 60 }),
    await ours.sign({ sub: 'x', exp: now() + 60 }),
  ]
  for (const token of refused) {
    // oxlint-disable-next-line no-await-in-loop -- one after the other
    expect(await codeOf(authorize({ token }))).toBe('ERR_AUTH_TOKEN_INVALID')
  }
  expect(fallback).not.toHaveBeenCalled()
  const theirs = await foreign.sign({ sub: 'x', exp: now() + 60 })
  // Somebody else's idea of a user token: it lacks what ours have.
  const similar = await foreign.sign({ sub: 'x', type: 'user', jti: 'j', exp: now() + 60 })
  for (const token of [null, theirs, similar, 'opaque', 'a.b.c', 'x'.repeat(10_000), 'bnVsbA.bnVsbA.x']) {
    // oxlint-disable-next-line no-await-in-loop -- one after the other
    expect(await authorize({ token })).toBe('granted elsewhere')
  }
})

test('without a fallback a missing token is required and any other is invalid', async () => {
  const { auth } = await testService()
  const authorize = machineAuthorizer({ auth })
  expect(await codeOf(authorize({ token: null }))).toBe('ERR_AUTH_TOKEN_REQUIRED')
  expect(await codeOf(authorize({ token: 'opaque' }))).toBe('ERR_AUTH_TOKEN_INVALID')
})

test('a token past its end opens no session, also inside the clock tolerance', async () => {
  const { auth } = await testService({ clockToleranceSeconds: 60 })
  const keys = createKeyRing([{ algorithm: 'HS256', key: SECRET }])
  const token = await keys.sign({
    sub: 'h',
    namespaceId: 'n',
    tier: 'free',
    type: 'machine',
    iat: now() - 100,
    exp: now() - 5,
  })
  await auth.verify(token)
  expect(await codeOf(machineAuthorizer({ auth })({ token }))).toBe('ERR_AUTH_TOKEN_EXPIRED')
})

test.each<[string, object]>([
  ['"auth"', { auth: undefined }],
  ['"projectId"', { projectId: 'a.b' }],
  ['"fallback"', { fallback: 'x' }],
])('a wrong %s is a mistake of the caller', async (name, wrong) => {
  const { auth } = await testService()
  expect(() => machineAuthorizer({ auth, ...wrong })).toThrow(name)
})
