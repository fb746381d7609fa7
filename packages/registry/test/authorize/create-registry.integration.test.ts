import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { inspect } from 'node:util'
import { createSecretKeySet } from '@portcullis/auth-core'
import { exportJWK, generateKeyPair, SignJWT } from 'jose'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import {
  allowInsecureHttp,
  createMemoryStore,
  createRegistry,
  type Project,
  type Registry,
  type RegistryStore,
} from '../../src/index.ts'
import { createPublicFetch } from '@portcullis/auth-core/egress'
import { codeOf } from '../code-of.ts'

const SECRET_A = 'HIDDEN-a'.padEnd(32, 'a')
const SECRET_B = 'HIDDEN-b'.padEnd(32, 'b')
const { privateKey, publicKey } = await generateKeyPair('ES256', { extractable: true })
const jwk = { ...(await exportJWK(publicKey)), kid: 'k1', alg: 'ES256' }

let requests = 0
let down = false
const issuer = createServer((_request, response) => {
  requests += 1
  if (down) return response.writeHead(500).end()
  return response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify({ keys: [jwk] }))
})
let jwksUrl: string

beforeAll(async () => {
  await new Promise<void>((resolve) => {
    issuer.listen(0, '127.0.0.1', resolve)
  })
  jwksUrl = `http://127.0.0.1:${(issuer.address() as AddressInfo).port}/jwks`
})
afterAll(() => {
  issuer.close()
})

function projects(): Project[] {
  const jwks = { mode: 'jwt-jwks', jwksUrl, issuer: 'https://i' } as const
  return [
    {
      workspaceId: 'w',
      projectId: 'open',
      hosts: ['open.example', 'localhost', '[::1]'],
      auth: { mode: 'none' },
    },
    {
      workspaceId: 'w',
      projectId: 'a',
      hosts: ['a.example'],
      auth: { mode: 'jwt-secret', secret: SECRET_A },
    },
    {
      workspaceId: 'w',
      projectId: 'b',
      hosts: ['b.example'],
      auth: { mode: 'jwt-secret', secret: SECRET_B, audience: 'b' },
    },
    { workspaceId: 'w', projectId: 'j1', hosts: ['j1.example'], auth: { ...jwks, audience: 'j1' } },
    { workspaceId: 'w', projectId: 'j2', hosts: ['j2.example'], auth: { ...jwks, audience: 'j2' } },
  ]
}

function registry(): Registry {
  return createRegistry({ store: createMemoryStore(projects()), [allowInsecureHttp]: true })
}

async function hs256(secret: string, claims: Record<string, unknown> = {}, expires = '1m'): Promise<string> {
  return new SignJWT({ sub: 'ann', ...claims })
    .setProtectedHeader({ alg: 'HS256' })
    .setExpirationTime(expires)
    .sign(Buffer.from(secret))
}

async function es256(claims: Record<string, unknown>): Promise<string> {
  return new SignJWT({ sub: 'ann', iss: 'https://i', ...claims })
    .setProtectedHeader({ alg: 'ES256', kid: 'k1' })
    .setExpirationTime('1m')
    .sign(privateKey)
}

describe('mode none', () => {
  test.each([undefined, null, '', 'garbage', 'a.b.c'])(
    'grants without a user, and ignores the token %j',
    async (token) => {
      expect(await registry().authorize({ host: 'open.example', token })).toEqual({
        workspaceId: 'w',
        projectId: 'open',
        userId: null,
        claims: {},
      })
    },
  )

  test.each(['OPEN.example:4000', 'localhost:1', '[::1]:4000', 'open.example.'])(
    'finds the project under %s',
    async (host) => {
      expect((await registry().authorize({ host })).projectId).toBe('open')
    },
  )
})

describe('mode jwt-secret', () => {
  test('grants with sub as the user and all claims', async () => {
    const token = await hs256(SECRET_A, { role: 'admin' })
    expect(await registry().authorize({ host: 'a.example:80', token })).toMatchObject({
      workspaceId: 'w',
      projectId: 'a',
      userId: 'ann',
      claims: { sub: 'ann', role: 'admin', exp: expect.any(Number) as number },
    })
  })

  test('refuses no token, an expired one, a foreign one and garbage, each with its code', async () => {
    const { authorize } = registry()
    const host = 'a.example'
    expect(await codeOf(authorize({ host }))).toBe('ERR_AUTH_TOKEN_REQUIRED')
    expect(await codeOf(authorize({ host, token: null }))).toBe('ERR_AUTH_TOKEN_REQUIRED')
    expect(await codeOf(authorize({ host, token: '' }))).toBe('ERR_AUTH_TOKEN_INVALID')
    expect(await codeOf(authorize({ host, token: 'garbage' }))).toBe('ERR_AUTH_TOKEN_INVALID')
    expect(await codeOf(authorize({ host, token: await hs256(SECRET_A, {}, '-1m') }))).toBe(
      'ERR_AUTH_TOKEN_EXPIRED',
    )
    expect(await codeOf(authorize({ host, token: await hs256(SECRET_B) }))).toBe('ERR_AUTH_TOKEN_INVALID')
  })

  test('checks the audience when the project names one', async () => {
    const { authorize } = registry()
    expect(
      (await authorize({ host: 'b.example', token: await hs256(SECRET_B, { aud: 'b' }) })).projectId,
    ).toBe('b')
    expect(await codeOf(authorize({ host: 'b.example', token: await hs256(SECRET_B) }))).toBe(
      'ERR_AUTH_TOKEN_INVALID',
    )
  })
})

describe('mode jwt-jwks', () => {
  test('grants, and downloads the keys once for many calls', async () => {
    const { authorize } = registry()
    const before = requests
    const token = await es256({ aud: 'j1' })
    const grants = await Promise.all(
      Array.from({ length: 50 }, () => authorize({ host: 'j1.example', token })),
    )
    expect(new Set(grants.map((grant) => grant.userId))).toEqual(new Set(['ann']))
    expect(requests - before).toBe(1)
  })

  test('refuses a token for the other project of the same issuer and key set', async () => {
    const { authorize } = registry()
    for (const claims of [{ aud: 'j2' }, {}, { aud: 'j1', iss: 'https://other' }]) {
      expect(await codeOf(authorize({ host: 'j1.example', token: await es256(claims) }))).toBe(
        'ERR_AUTH_TOKEN_INVALID',
      )
    }
    expect((await authorize({ host: 'j2.example', token: await es256({ aud: 'j2' }) })).projectId).toBe('j2')
  })

  test('is 503 and not a denial while the keys cannot be had', async () => {
    down = true
    try {
      const token = await es256({ aud: 'j1' })
      expect(await codeOf(registry().authorize({ host: 'j1.example', token }))).toBe(
        'ERR_AUTH_KEYS_UNAVAILABLE',
      )
    } finally {
      down = false
    }
  })
})

describe('a token of one project', () => {
  test('opens no other, in any combination', async () => {
    const { authorize } = registry()
    const tokens = {
      a: await hs256(SECRET_A),
      b: await hs256(SECRET_B, { aud: 'b' }),
      j1: await es256({ aud: 'j1' }),
      j2: await es256({ aud: 'j2' }),
    }
    for (const [owner, token] of Object.entries(tokens)) {
      for (const target of Object.keys(tokens)) {
        const outcome = await codeOf(authorize({ host: `${target}.example`, token }))
        expect([owner, target, outcome]).toEqual([
          owner,
          target,
          owner === target ? 'nothing was thrown' : 'ERR_AUTH_TOKEN_INVALID',
        ])
      }
    }
  })
})

describe('hosts', () => {
  test.each(['unknown.example', 'xopen.example', 'open.example.evil.example'])(
    '%s is unknown',
    async (host) => {
      expect(await codeOf(registry().authorize({ host }))).toBe('ERR_HOST_UNKNOWN')
    },
  )

  test.each(['', 'open.example@evil', 'open.example/', 'a b', '*'])('%j is invalid', async (host) => {
    expect(await codeOf(registry().authorize({ host }))).toBe('ERR_HOST_INVALID')
  })
})

describe('a store', () => {
  const broken = (auth: unknown): RegistryStore => ({
    findProjectByHost: () =>
      Promise.resolve({ workspaceId: 'w', projectId: 'p', hosts: ['p.example'], auth } as Project),
  })

  test('that fails is neither a denial nor a grant', async () => {
    const store: RegistryStore = { findProjectByHost: () => Promise.reject(new Error('connection lost')) }
    expect(await codeOf(createRegistry({ store }).authorize({ host: 'a.example' }))).toBe(
      'ERR_REGISTRY_UNAVAILABLE',
    )
  })

  test.each([
    ['a short secret', { mode: 'jwt-secret', secret: 'HIDDEN' }],
    ['no issuer', { mode: 'jwt-jwks', jwksUrl: 'https://i/jwks', audience: 'a' }],
    ['no audience', { mode: 'jwt-jwks', jwksUrl: 'https://i/jwks', issuer: 'a' }],
    [
      'an insecure key URL',
      { mode: 'jwt-jwks', jwksUrl: 'http://i.example/jwks', issuer: 'a', audience: 'a' },
    ],
    [
      'HS256 for a key set',
      { mode: 'jwt-jwks', jwksUrl: 'https://i/jwks', issuer: 'a', audience: 'a', algorithms: ['HS256'] },
    ],
    ['an unknown mode', { mode: 'open' }],
  ])('with %s grants nothing, and no secret is shown', async (_name, auth) => {
    const { authorize } = createRegistry({ store: broken(auth) })
    const error: unknown = await authorize({ host: 'p.example', token: 'a.b.c' }).catch(
      (thrown: unknown) => thrown,
    )
    expect((error as { code: string }).code).toBe('ERR_PROJECT_MISCONFIGURED')
    expect(inspect(error, { depth: 10, showHidden: true })).not.toContain('HIDDEN')
  })

  test('whose project changes its secret is followed at once', async () => {
    let secret = SECRET_A
    const store: RegistryStore = {
      findProjectByHost: () =>
        Promise.resolve({
          workspaceId: 'w',
          projectId: 'p',
          hosts: [],
          auth: { mode: 'jwt-secret', secret },
        }),
    }
    const { authorize } = createRegistry({ store })
    const token = await hs256(SECRET_A)
    expect((await authorize({ host: 'p.example', token })).userId).toBe('ann')
    secret = SECRET_B
    expect(await codeOf(authorize({ host: 'p.example', token }))).toBe('ERR_AUTH_TOKEN_INVALID')
  })

  test('whose project changes its key set is followed at once, also where nothing else tells', async () => {
    let keys = createSecretKeySet(SECRET_A)
    const store: RegistryStore = {
      findProjectByHost: async () => ({
        workspaceId: 'w',
        projectId: 'p',
        auth: { mode: 'jwt-secret', keys },
      }),
    }
    const { authorize } = createRegistry({ store })
    const token = await hs256(SECRET_A)
    expect((await authorize({ host: 'p.example', token })).userId).toBe('ann')
    keys = createSecretKeySet(SECRET_B)
    expect(await codeOf(authorize({ host: 'p.example', token }))).toBe('ERR_AUTH_TOKEN_INVALID')
  })

  test('that hands out a new object each time still has its keys downloaded once', async () => {
    const store: RegistryStore = {
      findProjectByHost: () => Promise.resolve(structuredClone(projects()[3] as Project)),
    }
    const { authorize } = createRegistry({ store, [allowInsecureHttp]: true })
    const before = requests
    const token = await es256({ aud: 'j1' })
    for (let index = 0; index < 5; index += 1) await authorize({ host: 'j1.example', token })
    expect(requests - before).toBe(1)
  })

  test('is required', () => {
    expect(() => createRegistry({} as never)).toThrow(TypeError)
  })
})

describe('the key URL of a tenant', () => {
  test('that leads inside is not asked when downloads go to public addresses only', async () => {
    const [, , , project] = projects() as [Project, Project, Project, Project]
    const store: RegistryStore = { findProjectByHost: () => Promise.resolve(project) }
    const { authorize } = createRegistry({ store, egress: createPublicFetch(), [allowInsecureHttp]: true })
    const before = requests
    expect(await codeOf(authorize({ host: 'j1.example', token: await es256({ aud: 'j1' }) }))).toBe(
      'ERR_AUTH_KEYS_UNAVAILABLE',
    )
    expect(requests).toBe(before)
  })

  test('is downloaded from by the function given', async () => {
    const asked: string[] = []
    const store: RegistryStore = {
      findProjectByHost: () => Promise.resolve(projects()[3] as Project),
    }
    const { authorize } = createRegistry({
      store,
      [allowInsecureHttp]: true,
      egress: (url, init) => {
        asked.push(url)
        return fetch(url, init)
      },
    })
    expect((await authorize({ host: 'j1.example', token: await es256({ aud: 'j1' }) })).projectId).toBeTypeOf(
      'string',
    )
    expect(asked).toEqual([jwksUrl])
  })

  test('needs a function to be downloaded with', () => {
    const store: RegistryStore = { findProjectByHost: () => Promise.resolve(null) }
    expect(() => createRegistry({ store, egress: 'public' as never })).toThrow(/"egress"/)
  })
})
