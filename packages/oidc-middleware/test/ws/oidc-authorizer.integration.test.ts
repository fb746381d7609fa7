import { afterAll, beforeAll, expect, test } from 'vitest'
import type { OidcVerifier } from '../../src/index.ts'
import { oidcAuthorizer, type OidcAuthorizerOptions, type OidcAuthorizeRequest } from '../../src/ws/index.ts'
import { startIssuer, type TestIssuer } from '../support/issuer.ts'
import { verifierOf } from './support.ts'

let issuer: TestIssuer
let verifier: OidcVerifier

beforeAll(async () => {
  issuer = await startIssuer()
  verifier = verifierOf(issuer)
})

afterAll(async () => {
  await issuer[Symbol.asyncDispose]()
})

test('a token is a grant until it ends, with its claims and its issuer', async () => {
  const authorize = oidcAuthorizer({ verifier, workspaceId: ({ context }) => context.org_id })
  const exp = Math.floor(Date.now() / 1000) + 100
  const token = await issuer.token({ org_id: 'acme', roles: ['editor'], exp })
  const grant = await authorize({ token })
  expect(grant).toEqual({
    workspaceId: 'acme',
    projectId: 'default',
    userId: 'alice',
    claims: expect.objectContaining({
      iss: issuer.issuer,
      sub: 'alice',
      org_id: 'acme',
      roles: ['editor'],
      userRole: 'editor',
    }),
    expiresAtMs: exp * 1000,
  })
})

test('the role and the id of the directory are what workers see', async () => {
  const authorize = oidcAuthorizer({
    verifier,
    users: { findOrCreate: () => ({ id: 7, role: 'guest' }) },
    workspaceId: 'w',
    projectId: (_identity, { host }: OidcAuthorizeRequest & { host: string }) => host.split('.')[0],
  })
  const grant = await authorize({ token: await issuer.token({ roles: ['admin'] }), host: 'chat.example.com' })
  expect(grant).toMatchObject({
    projectId: 'chat',
    userId: '7',
    claims: { userRole: 'guest', roles: ['guest'] },
  })
})

test.each([null, undefined, '', 'a.b', 'x'.repeat(65), 7, { toString: () => 'w' }])(
  'a user without a workspace that can be one is refused: %j',
  async (workspace) => {
    const authorize = oidcAuthorizer({ verifier, workspaceId: () => workspace as string })
    await expect(authorize({ token: await issuer.token() })).rejects.toMatchObject({
      name: 'AuthError',
      code: 'ERR_FORBIDDEN',
    })
  },
)

test.each([
  ['none', null, 'ERR_AUTH_TOKEN_REQUIRED'],
  ['garbage', 'bad', 'ERR_AUTH_TOKEN_INVALID'],
])('without a good token there is no grant: %s', async (_what, token, code) => {
  await expect(oidcAuthorizer({ verifier, workspaceId: 'w' })({ token })).rejects.toMatchObject({
    name: 'AuthError',
    code,
  })
})

test('an expired token is an invalid one, inside the clock tolerance too', async () => {
  const authorize = oidcAuthorizer({ verifier, workspaceId: 'w' })
  for (const exp of [1_700_000_000, Math.floor(Date.now() / 1000) - 1]) {
    await expect(authorize({ token: await issuer.token({ exp }) })).rejects.toMatchObject({
      code: 'ERR_AUTH_TOKEN_INVALID',
    })
  }
})

test('a disabled user is refused in a way that edges know', async () => {
  const users = { findOrCreate: () => ({ id: 1, isDisabled: true }) }
  const authorize = oidcAuthorizer({ verifier, users, workspaceId: 'w' })
  await expect(authorize({ token: await issuer.token() })).rejects.toMatchObject({
    name: 'AuthError',
    code: 'ERR_FORBIDDEN',
  })
})

test('a directory that fails is no denial', async () => {
  const users = { findOrCreate: async () => Promise.reject(new Error('down')) }
  const authorize = oidcAuthorizer({ verifier, users, workspaceId: 'w' })
  await expect(authorize({ token: await issuer.token() })).rejects.toMatchObject({
    code: 'ERR_USER_PROVISION_FAILED',
    statusCode: 500,
  })
})

test('a grant says whether it was revoked', async () => {
  const revoked = new Set<string>()
  const authorize = oidcAuthorizer({
    verifier,
    workspaceId: 'w',
    isRevoked: ({ context }) => revoked.has(context.sub),
  })
  const grant = await authorize({ token: await issuer.token() })
  expect(grant.isRevoked?.()).toBe(false)
  revoked.add('alice')
  expect(grant.isRevoked?.()).toBe(true)
})

test.each([
  ['verifier', { verifier: undefined }],
  ['users', { users: 1 }],
  ['workspaceId', { workspaceId: undefined }],
  ['workspaceId', { workspaceId: 'a.b' }],
  ['projectId', { projectId: '' }],
  ['isRevoked', { isRevoked: true }],
])('a wrong "%s" is a TypeError', (name, options) => {
  const all = {
    verifier,
    workspaceId: 'w',
    ...options,
  } as unknown as OidcAuthorizerOptions<OidcAuthorizeRequest>
  expect(() => oidcAuthorizer(all)).toThrow(
    expect.objectContaining({ name: 'TypeError', message: expect.stringContaining(`"${name}"`) }),
  )
})
