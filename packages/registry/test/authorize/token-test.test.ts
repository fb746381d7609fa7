import { createHmac } from 'node:crypto'
import { AuthError, type EgressFetch } from '@portcullis/auth-core'
import fc from 'fast-check'
import { exportJWK, generateKeyPair, SignJWT } from 'jose'
import { beforeAll, describe, expect, test } from 'vitest'
import {
  createMemoryStore,
  createRegistry,
  type FoundProject,
  type MachineTokens,
  type Project,
  type Registry,
  type RegistryStore,
  type TokenTest,
} from '../../src/index.ts'
import { codeOf } from '../code-of.ts'

const SECRET = 'HIDDEN-SECRET'.padEnd(32, 'x')
const ISSUER = 'https://id.example'
const ORDER = [
  'host',
  'configuration',
  'form',
  'algorithm',
  'key',
  'signature',
  'issuer',
  'audience',
  'exp',
  'nbf',
  'iat',
  'kind',
  'namespace',
  'subject',
  'blocked',
]

const MODES = ['none', 'secret', 'plain', 'jwks', 'discovery', 'machine', 'broken'] as const
type Mode = (typeof MODES)[number]

const PROJECTS: readonly Project[] = [
  { workspaceId: 'w', projectId: 'none', hosts: ['none.example'], auth: { mode: 'none' } },
  {
    workspaceId: 'w',
    projectId: 'secret',
    hosts: ['secret.example', '*.secret.example'],
    auth: { mode: 'jwt-secret', secret: SECRET, issuer: ISSUER, audience: ['secret', 'other'] },
  },
  {
    workspaceId: 'w',
    projectId: 'plain',
    hosts: ['plain.example'],
    auth: { mode: 'jwt-secret', secret: `${SECRET}-2` },
  },
  {
    workspaceId: 'w',
    projectId: 'jwks',
    hosts: ['jwks.example'],
    auth: { mode: 'jwt-jwks', jwksUrl: 'https://id.example/keys', issuer: ISSUER, audience: 'jwks' },
  },
  {
    workspaceId: 'w',
    projectId: 'discovery',
    hosts: ['discovery.example'],
    auth: { mode: 'jwt-jwks', discovery: true, issuer: ISSUER, audience: 'discovery' },
  },
  {
    workspaceId: 'w',
    projectId: 'machine',
    hosts: ['machine.example'],
    auth: { mode: 'machine', namespaces: ['n1'] },
  },
  {
    workspaceId: 'w',
    projectId: 'broken',
    hosts: ['broken.example'],
    auth: { mode: 'jwt-jwks', jwksUrl: 'http://localhost/keys', issuer: ISSUER, audience: 'broken' },
  },
]

const BLOCKED = 'mallory'
const memory = createMemoryStore(PROJECTS)
const store: RegistryStore = {
  ...memory,
  isUserBlocked: async (_workspaceId, _projectId, userId) => userId === BLOCKED,
}

let privateKey: Parameters<SignJWT['sign']>[0]
let strangeKey: Parameters<SignJWT['sign']>[0]
let publicJwk: object
let isAway = false
let registry: Registry

const egress: EgressFetch = async (url) => {
  if (isAway) throw new Error('connect ECONNREFUSED 10.0.0.7:443')
  const body = url.includes('openid-configuration')
    ? { issuer: ISSUER, jwks_uri: `${ISSUER}/keys` }
    : { keys: [publicJwk] }
  return new Response(JSON.stringify(body), { headers: { 'content-type': 'application/json' } })
}

/** Of JSON in base64url; the rest of a machine token is judged by who issued it. */
const machineTokens: MachineTokens = async (token) => {
  if (isAway) throw new Error('no answer')
  const [header = '', payload = '', signature] = token.split('.')
  if (header === '' || signature !== 'machine') return null
  const claims = JSON.parse(Buffer.from(payload, 'base64url').toString()) as never
  if ((claims as { exp: number }).exp < Date.now() / 1000) {
    throw new AuthError('ERR_AUTH_TOKEN_EXPIRED', 'the token has expired')
  }
  return claims
}

const b64 = (value: unknown): string => Buffer.from(JSON.stringify(value)).toString('base64url')
const inSeconds = (seconds: number): number => Math.floor(Date.now() / 1000) + seconds

function claimsFor(mode: Mode, claims: object = {}): Record<string, unknown> {
  const exp = inSeconds(60)
  if (mode === 'machine') return { sub: 'ann', exp, namespaceId: 'n1', ...claims }
  return { sub: 'ann', iss: ISSUER, aud: mode, exp, ...claims }
}

/** A token of whatever claims and header, signed as the project wants it, or by a stranger. */
async function tokenFor(
  mode: Mode,
  claims: object = {},
  header: object = {},
  isStrange = false,
): Promise<string> {
  const payload = claimsFor(mode, claims)
  if (mode === 'machine') return `${b64({ typ: 'JWT' })}.${b64(payload)}.${isStrange ? 'x' : 'machine'}`
  if (mode === 'jwks' || mode === 'discovery' || mode === 'broken') {
    return new SignJWT(payload)
      .setProtectedHeader({ alg: 'ES256', kid: 'k1', ...header })
      .sign(isStrange ? strangeKey : privateKey)
  }
  const start = `${b64({ alg: 'HS256', ...header })}.${b64(payload)}`
  const secret = isStrange ? 'y'.repeat(32) : mode === 'plain' ? `${SECRET}-2` : SECRET
  return `${start}.${createHmac('sha256', secret).update(start).digest('base64url')}`
}

/** A token of JSON as it is written. */
function rawToken(payload: string): string {
  const start = `${b64({ alg: 'HS256' })}.${Buffer.from(payload).toString('base64url')}`
  return `${start}.${createHmac('sha256', SECRET).update(start).digest('base64url')}`
}

function failedOf({ checks }: TokenTest): string[] {
  return checks.filter(({ status }) => status === 'failed').map(({ check }) => check)
}

function statusesOf({ checks }: TokenTest): Record<string, string> {
  return Object.fromEntries(checks.map(({ check, status }) => [check, status]))
}

beforeAll(async () => {
  const [own, strange] = await Promise.all([0, 1].map(() => generateKeyPair('ES256', { extractable: true })))
  privateKey = own!.privateKey
  strangeKey = strange!.privateKey
  publicJwk = { ...(await exportJWK(own!.publicKey)), kid: 'k1', alg: 'ES256' }
  registry = createRegistry({ store, egress, machineTokens })
})

const ask = (mode: Mode, token: string | null, host?: string): Promise<TokenTest> =>
  registry.testToken({ workspaceId: 'w', projectId: mode, token, ...(host !== undefined && { host }) })

describe('a token that is right', () => {
  test.each(['secret', 'plain', 'jwks', 'discovery', 'machine'] as const)(
    'passes in the mode %s',
    async (mode) => {
      const token = await tokenFor(mode, { nbf: inSeconds(-1), iat: inSeconds(-1) })
      const result = await ask(mode, token, `${mode.toUpperCase()}.example:443`)
      expect(result).toMatchObject({ ok: true, userId: 'ann', claims: { sub: 'ann' } })
      expect(result.checks.map(({ check }) => check)).toEqual(ORDER)
      expect(statusesOf(result)).toMatchObject({
        host: 'passed',
        exp: 'passed',
        nbf: 'passed',
        blocked: 'passed',
      })
    },
  )

  test('is not asked for where everybody may enter', async () => {
    const result = await ask('none', 'whatever', 'none.example')
    expect(result).toMatchObject({ ok: true, userId: null, claims: null })
    expect(statusesOf(result)).toMatchObject({ host: 'passed', configuration: 'passed', form: 'skipped' })
  })

  test('has checks that nobody asks for skipped', async () => {
    expect(statusesOf(await ask('plain', await tokenFor('plain')))).toMatchObject({
      host: 'skipped',
      issuer: 'skipped',
      audience: 'skipped',
      nbf: 'skipped',
      iat: 'skipped',
      kind: 'skipped',
      namespace: 'skipped',
    })
  })
})

describe('a token that is wrong fails exactly where it is', () => {
  const dot = (token: string): string => token.replace('.', '..')
  const cases: [Mode, string, () => Promise<string | null>, string[]][] = [
    ['secret', 'none', async () => null, ['form']],
    ['secret', 'empty', async () => '', ['form']],
    ['discovery', 'empty', async () => '', ['form']],
    ['secret', 'no token', async () => 'a.b', ['form']],
    ['secret', 'two dots', async () => dot(await tokenFor('secret')), ['form']],
    ['secret', 'too long', async () => `${await tokenFor('secret')}${'x'.repeat(9000)}`, ['form']],
    ['secret', 'critical extensions', () => tokenFor('secret', {}, { crit: ['b64'] }), ['form']],
    ['secret', 'a key id of another type', () => tokenFor('secret', {}, { kid: 7 }), ['form']],
    ['secret', 'alg none', () => tokenFor('secret', {}, { alg: 'none' }), ['algorithm']],
    ['secret', 'an algorithm of another kind', () => tokenFor('secret', {}, { alg: 'RS256' }), ['algorithm']],
    ['jwks', 'HS256 for public keys', () => tokenFor('secret', { aud: 'jwks' }), ['algorithm']],
    ['jwks', 'an unknown key', () => tokenFor('jwks', {}, { kid: 'k2' }), ['key']],
    ['secret', 'another secret', () => tokenFor('secret', {}, {}, true), ['signature']],
    ['jwks', 'another signer', () => tokenFor('jwks', {}, {}, true), ['signature']],
    ['discovery', 'another signer', () => tokenFor('discovery', {}, {}, true), ['signature']],
    [
      'secret',
      'another secret, and expired',
      () => tokenFor('secret', { exp: 1 }, {}, true),
      ['signature', 'exp'],
    ],
    ['secret', 'another issuer', () => tokenFor('secret', { iss: 'https://x' }), ['issuer']],
    ['secret', 'no issuer', () => tokenFor('secret', { iss: undefined }), ['issuer']],
    ['discovery', 'another issuer', () => tokenFor('discovery', { iss: 'https://x' }), ['issuer']],
    ['discovery', 'no issuer', () => tokenFor('discovery', { iss: undefined }), ['issuer']],
    ['jwks', 'another audience', () => tokenFor('jwks', { aud: ['x', 'y'] }), ['audience']],
    ['jwks', 'no audience', () => tokenFor('jwks', { aud: undefined }), ['audience']],
    [
      'secret',
      'issuer and audience',
      () => tokenFor('secret', { iss: 'x', aud: 'x' }),
      ['issuer', 'audience'],
    ],
    ['secret', 'expired', () => tokenFor('secret', { exp: inSeconds(-60) }), ['exp']],
    ['secret', 'no end', () => tokenFor('secret', { exp: undefined }), ['exp']],
    ['secret', 'an end of another type', () => tokenFor('secret', { exp: '9999999999' }), ['exp']],
    [
      'secret',
      'no end in sight',
      async () => rawToken(`{"sub":"a","iss":"${ISSUER}","aud":"secret","exp":1e999}`),
      ['exp'],
    ],
    ['secret', 'a list of claims', async () => rawToken('["sub"]'), ['form']],
    ['secret', 'claims that are no JSON', async () => rawToken('{sub}'), ['form']],
    ['secret', 'not yet', () => tokenFor('secret', { nbf: inSeconds(60) }), ['nbf']],
    ['secret', 'a beginning of another type', () => tokenFor('secret', { nbf: null }), ['nbf']],
    ['secret', 'of the future', () => tokenFor('secret', { iat: inSeconds(60) }), ['iat']],
    ['discovery', 'an ID token', () => tokenFor('discovery', { nonce: 'n' }), ['kind']],
    ['discovery', 'a logout token', () => tokenFor('discovery', {}, { typ: 'logout+jwt' }), ['kind']],
    ['secret', 'no subject', () => tokenFor('secret', { sub: undefined }), ['subject']],
    ['secret', 'an empty subject', () => tokenFor('secret', { sub: '' }), ['subject']],
    ['secret', 'a subject of another type', () => tokenFor('secret', { sub: 7 }), ['subject']],
    ['secret', 'of a blocked user', () => tokenFor('secret', { sub: BLOCKED }), ['blocked']],
    ['machine', 'of a blocked client', () => tokenFor('machine', { sub: BLOCKED }), ['blocked']],
    ['machine', 'of another namespace', () => tokenFor('machine', { namespaceId: 'n2' }), ['namespace']],
    ['machine', 'of a stranger', () => tokenFor('machine', {}, {}, true), ['signature']],
    ['machine', 'expired', () => tokenFor('machine', { exp: 1 }), ['exp']],
    ['machine', 'without a client', () => tokenFor('machine', { sub: ['x'] }), ['subject']],
    ['machine', 'garbage', async () => 'garbage', ['signature']],
    ['broken', 'a project that cannot verify', () => tokenFor('broken'), ['configuration']],
  ]
  test.each(cases)('%s: %s', async (mode, _name, make, expected) => {
    const token = await make()
    const result = await ask(mode, token)
    expect(failedOf(result)).toEqual(expected)
    expect(result).toMatchObject({ ok: false, userId: null })
    expect(result.checks.map(({ check }) => check)).toEqual(ORDER)
    expect(await codeOf(registry.authorize({ host: `${mode}.example`, token }))).toMatch(/^ERR_/)
  })

  test('without a project it is nothing', async () => {
    for (const key of [
      { workspaceId: 'w', projectId: 'x' },
      { workspaceId: 'v', projectId: 'secret' },
      { workspaceId: 'w/secret', projectId: '' },
    ]) {
      expect(await codeOf(registry.testToken({ ...key, token: 'x' }))).toBe('ERR_PROJECT_UNKNOWN')
    }
  })

  test.each([
    ['plain.example', 'does not lead'],
    ['unknown.example', 'does not lead'],
    ['a.b.secret.example', 'does not lead'],
    ['user@secret.example', 'not a host name'],
    ['', 'not a host name'],
  ])('under the host %j', async (host, detail) => {
    const result = await ask('secret', await tokenFor('secret'), host)
    expect(failedOf(result)).toEqual(['host'])
    expect(result.checks[0]?.detail).toContain(detail)
    expect(result.ok).toBe(false)
  })

  test('while keys cannot be had, and says nothing of the network', async () => {
    isAway = true
    try {
      const away = createRegistry({ store, egress, machineTokens })
      for (const projectId of ['jwks', 'discovery', 'machine'] as const) {
        const token = await tokenFor(projectId)
        const result = await away.testToken({ workspaceId: 'w', projectId, token })
        expect(failedOf(result)).toEqual(['key'])
        expect(JSON.stringify(result)).not.toContain('10.0.0.7')
        expect(await codeOf(away.authorize({ host: `${projectId}.example`, token }))).toBe(
          'ERR_AUTH_KEYS_UNAVAILABLE',
        )
      }
    } finally {
      isAway = false
    }
  })
})

test('a token is granted exactly when no check failed, whatever it is', async () => {
  const json = fc.oneof(
    fc.constantFrom(undefined, null, '', 'ann', BLOCKED, ISSUER, 'secret', 'jwks', 'n1', 0, -1, true),
    fc.constantFrom<unknown>(['secret', 'jwks', 'discovery'], [], {}),
  )
  const time = fc.oneof(
    json,
    fc
      .integer({ min: -60, max: 60 })
      .filter((at) => Math.abs(Math.abs(at) - 5) > 2)
      .map(inSeconds),
  )
  // Most claims stay right, so that many tokens have one that is wrong.
  const rarely = <T>(arbitrary: fc.Arbitrary<T>): fc.Arbitrary<T | 'right'> =>
    fc.oneof({ weight: 8, arbitrary: fc.constant('right' as const) }, { weight: 1, arbitrary })
  const claims = fc.record({
    sub: rarely(json),
    iss: rarely(json),
    aud: rarely(json),
    exp: rarely(time),
    nbf: rarely(time),
    iat: rarely(time),
    nonce: rarely(json),
    namespaceId: rarely(json),
  })
  const header = fc.record({
    alg: rarely(fc.constantFrom('none', 'HS512', 'ES256', 7)),
    kid: rarely(fc.constantFrom('k1', 'k2', undefined, 7, '')),
    typ: rarely(fc.constantFrom('at+jwt', 'JWT', 'logout+jwt', 7)),
  })
  const changed = (object: Record<string, unknown>): object =>
    Object.fromEntries(Object.entries(object).filter(([, value]) => value !== 'right'))
  let granted = 0
  await fc.assert(
    fc.asyncProperty(
      fc.constantFrom(...MODES),
      claims,
      header,
      rarely(fc.boolean()),
      rarely(fc.nat({ max: 200 })),
      fc.constantFrom(
        undefined,
        'secret.example',
        'X.secret.example',
        ...MODES.map((mode) => `${mode}.example`),
      ),
      async (mode, someClaims, someHeader, isStrange, cut, host) => {
        // A signer refuses some headers that a forger writes.
        const whole = await tokenFor(
          mode,
          changed(someClaims),
          changed(someHeader),
          isStrange === true,
        ).catch(() => 'x.y.z')
        const token = cut === 'right' ? whole : whole.slice(0, cut) + whole.slice(cut + 1)
        const result = await ask(mode, token, host)
        const grant = await registry.authorize({ host: host ?? `${mode}.example`, token }).catch(() => null)
        expect(result.ok).toBe(grant?.projectId === mode)
        expect(failedOf(result).length === 0).toBe(result.ok)
        expect(result.userId).toBe(result.ok ? grant?.userId : null)
        expect(result.checks.map(({ check }) => check)).toEqual(ORDER)
        const details = JSON.stringify(result.checks)
        expect(details).not.toContain('HIDDEN')
        if (token.length > 20) expect(details).not.toContain(token)
        if (result.ok) granted += 1
      },
    ),
    { numRuns: 500 },
  )
  expect(granted).toBeGreaterThan(20)
})

test('a detail quotes little of a token, and on one line', async () => {
  const iss = `https://x\n"\u2028${'y'.repeat(3000)}`
  const { checks } = await ask('secret', await tokenFor('secret', { iss }))
  const { detail = '' } = checks.find(({ check }) => check === 'issuer') ?? {}
  expect(detail.length).toBeLessThan(300)
  expect(detail).not.toMatch(/[\n\u2028]/)
})

describe('a store', () => {
  const project = (changes: Partial<FoundProject> = {}): FoundProject => ({
    ...(PROJECTS[1] as Project),
    ...changes,
  })

  test('without the lookup is a mistake of the calling code', async () => {
    const { testToken } = createRegistry({ store: { findProjectByHost: async () => null } })
    await expect(testToken({ workspaceId: 'w', projectId: 'p', token: null })).rejects.toThrow(
      'findProjectById',
    )
  })

  test('that fails is neither a denial nor a grant, also when asked who is blocked', async () => {
    const failing = (): Promise<never> => Promise.reject(new Error('connection lost'))
    const token = await tokenFor('secret')
    const request = { workspaceId: 'w', projectId: 'secret', token }
    const away = createRegistry({ store: { ...store, findProjectById: failing } })
    expect(await codeOf(away.testToken(request))).toBe('ERR_REGISTRY_UNAVAILABLE')
    const half = createRegistry({ store: { ...store, isUserBlocked: failing } })
    expect(await codeOf(half.testToken(request))).toBe('ERR_REGISTRY_UNAVAILABLE')
    expect(await codeOf(half.authorize({ host: 'secret.example', token }))).toBe('ERR_REGISTRY_UNAVAILABLE')
  })

  test('is not asked who is blocked where nobody is, and anything but false keeps a user out', async () => {
    const token = await tokenFor('secret')
    const enter = (hasBlockedUsers: boolean | undefined, answer: unknown): Promise<string> => {
      const found = project(hasBlockedUsers === undefined ? {} : { hasBlockedUsers })
      const own = { findProjectByHost: async () => found, isUserBlocked: async () => answer as boolean }
      return codeOf(createRegistry({ store: own }).authorize({ host: 'secret.example', token }))
    }
    expect(await enter(false, true)).toBe('nothing was thrown')
    expect(await enter(true, false)).toBe('nothing was thrown')
    expect(await enter(undefined, false)).toBe('nothing was thrown')
    for (const answer of [true, undefined, null, 0]) {
      expect(await enter(undefined, answer)).toBe('ERR_USER_BLOCKED')
    }
  })
})

test('a gateway that asks for the mode "machine" is answered by no other project', async () => {
  const asMachine = (mode: Mode, token?: string): Promise<string> =>
    codeOf(registry.authorize({ host: `${mode}.example`, token, mode: 'machine' }))
  expect(await asMachine('machine', await tokenFor('machine'))).toBe('nothing was thrown')
  expect(await asMachine('machine')).toBe('ERR_AUTH_TOKEN_REQUIRED')
  expect(await asMachine('none')).toBe('ERR_HOST_UNKNOWN')
  expect(await asMachine('secret', await tokenFor('secret'))).toBe('ERR_HOST_UNKNOWN')
})
