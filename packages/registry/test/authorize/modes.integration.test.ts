import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { AuthError } from '@portcullis/auth-core'
import { createPublicFetch } from '@portcullis/auth-core/egress'
import { exportJWK, generateKeyPair, SignJWT } from 'jose'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import {
  allowInsecureHttp,
  createMemoryStore,
  createRegistry,
  type MachineTokens,
  type Registry,
} from '../../src/index.ts'
import { codeOf } from '../code-of.ts'

describe('mode machine', () => {
  const claims = (namespaceId: string) => ({ sub: 'host-1', exp: Date.now() / 1000 + 60, namespaceId })
  const tokens: MachineTokens = async (token) => {
    if (token === 'away') throw new Error('the key server does not answer')
    if (token === 'expired') throw new AuthError('ERR_AUTH_TOKEN_EXPIRED', 'the token has expired')
    return token === 'garbage' ? null : claims(token)
  }
  const registry = (machineTokens?: MachineTokens): Registry =>
    createRegistry({
      machineTokens,
      store: createMemoryStore([
        {
          workspaceId: 'w',
          projectId: 'm',
          hosts: ['m.example'],
          auth: { mode: 'machine', namespaces: ['n1', 'n2'] },
        },
      ]),
    })

  test('grants the clients of its namespaces, with sub as the user', async () => {
    expect(await registry(tokens).authorize({ host: 'm.example', token: 'n2' })).toMatchObject({
      workspaceId: 'w',
      projectId: 'm',
      userId: 'host-1',
      claims: { namespaceId: 'n2' },
    })
  })

  test.each([
    [undefined, 'ERR_AUTH_TOKEN_REQUIRED'],
    ['n3', 'ERR_AUTH_TOKEN_INVALID'],
    ['garbage', 'ERR_AUTH_TOKEN_INVALID'],
    ['expired', 'ERR_AUTH_TOKEN_EXPIRED'],
    ['away', 'ERR_AUTH_KEYS_UNAVAILABLE'],
  ])('answers the token %j with %s', async (token, code) => {
    expect(await codeOf(registry(tokens).authorize({ host: 'm.example', token }))).toBe(code)
  })

  test('grants nothing where nothing verifies machine tokens', async () => {
    expect(await codeOf(registry().authorize({ host: 'm.example', token: 'n1' }))).toBe(
      'ERR_PROJECT_MISCONFIGURED',
    )
    expect(() => registry('tokens' as never)).toThrow('"machineTokens"')
  })

  test('gives a namespace to one project only', () => {
    const auth = { mode: 'machine', namespaces: ['n'] } as const
    const projects = ['a', 'b'].map((projectId) => ({
      workspaceId: 'w',
      projectId,
      hosts: [`${projectId}.example`],
      auth,
    }))
    expect(() => createMemoryStore(projects)).toThrow('a token of w/a would open w/b')
  })
})

describe('mode jwt-jwks by discovery', () => {
  let issuer: string
  let publicJwk: object
  let privateKey: Parameters<SignJWT['sign']>[0]
  let asked: string[] = []
  const server = createServer((request, response) => {
    asked.push(request.url ?? '')
    const body = request.url?.includes('openid-configuration')
      ? { issuer, jwks_uri: `${issuer}/keys` }
      : { keys: [publicJwk] }
    response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(body))
  })
  beforeAll(async () => {
    await new Promise<void>((resolve) => {
      server.listen(0, '127.0.0.1', resolve)
    })
    issuer = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
    const pair = await generateKeyPair('ES256', { extractable: true })
    privateKey = pair.privateKey
    publicJwk = { ...(await exportJWK(pair.publicKey)), kid: 'k', alg: 'ES256' }
  })
  afterAll(() => server.close())

  const token = (claims: object): Promise<string> =>
    new SignJWT({ sub: 'ann', iss: issuer, aud: 'd', ...claims })
      .setProtectedHeader({ alg: 'ES256', kid: 'k' })
      .setExpirationTime('1m')
      .sign(privateKey)

  function registry(egress?: ReturnType<typeof createPublicFetch>): Registry {
    const auth = { mode: 'jwt-jwks', discovery: true, issuer, audience: 'd' } as const
    const store = createMemoryStore([{ workspaceId: 'w', projectId: 'd', hosts: ['d.example'], auth }])
    return createRegistry({ store, egress, [allowInsecureHttp]: true })
  }

  test('finds the keys once, and checks issuer, audience and that it is an access token', async () => {
    asked = []
    const { authorize } = registry()
    const enter = async (claims: object): Promise<string> =>
      codeOf(authorize({ host: 'd.example', token: await token(claims) }))
    expect(await Promise.all([enter({}), enter({}), enter({})])).toEqual(Array(3).fill('nothing was thrown'))
    expect(asked).toEqual(['/.well-known/openid-configuration', '/keys'])
    for (const claims of [{ aud: 'x' }, { iss: 'https://x' }, { nonce: 'of an ID token' }]) {
      expect(await enter(claims)).toBe('ERR_AUTH_TOKEN_INVALID')
    }
    expect(await codeOf(authorize({ host: 'd.example', token: '' }))).toBe('ERR_AUTH_TOKEN_REQUIRED')
  })

  test('asks nothing inside when downloads go to public addresses only', async () => {
    asked = []
    const { authorize } = registry(createPublicFetch())
    expect(await codeOf(authorize({ host: 'd.example', token: await token({}) }))).toBe(
      'ERR_AUTH_KEYS_UNAVAILABLE',
    )
    expect(asked).toEqual([])
  })
})

describe('limits', () => {
  test('of a project come with the grant', async () => {
    const project = {
      workspaceId: 'w',
      projectId: 'p',
      hosts: ['*.p.example'],
      auth: { mode: 'none' },
    } as const
    const limited = createMemoryStore([{ ...project, limits: { messagesPerSecond: 3 } }])
    expect(await createRegistry({ store: limited }).authorize({ host: 'A.p.example:1' })).toEqual({
      workspaceId: 'w',
      projectId: 'p',
      userId: null,
      claims: {},
      limits: { messagesPerSecond: 3 },
    })
    const free = createMemoryStore([{ ...project, limits: {} }])
    expect(await createRegistry({ store: free }).authorize({ host: 'a.p.example' })).not.toHaveProperty(
      'limits',
    )
  })
})
