import { describe, expect, test } from 'vitest'
import { createMemoryStore, type Project, type ProjectAuth } from '../../src/index.ts'
import { type OpenedStore, registryStoreContract } from '../../src/testing/index.ts'
import { hostCorpus } from '../fixtures/host-corpus.ts'

async function open(projects: readonly Project[]): Promise<OpenedStore> {
  return { store: createMemoryStore(projects), async [Symbol.asyncDispose]() {} }
}

registryStoreContract('memory', open)
hostCorpus('memory', open)

const S1 = 'secret-one'.padEnd(32, '1')
const S2 = 'secret-two'.padEnd(32, '2')

function project(
  projectId: string,
  auth: ProjectAuth = { mode: 'none' },
  hosts = [`${projectId}.example`],
): Project {
  return { workspaceId: 'w', projectId, hosts, auth }
}

describe('createMemoryStore', () => {
  test('finds a host that was configured in another spelling', async () => {
    const store = createMemoryStore([project('a', undefined, ['A.Example.:443', 'bücher.example'])])
    expect((await store.findProjectByHost('a.example'))?.projectId).toBe('a')
    expect((await store.findProjectByHost('xn--bcher-kva.example'))?.projectId).toBe('a')
  })

  test('is not changed by a later change of the list it was made from', async () => {
    const list = [{ ...project('a'), hosts: ['a.example'] }]
    const store = createMemoryStore(list)
    list[0]!.projectId = 'b'
    list[0]!.hosts.push('b.example')
    expect((await store.findProjectByHost('a.example'))?.projectId).toBe('a')
    expect(await store.findProjectByHost('b.example')).toBeNull()
  })

  test('refuses one host in two spellings, and the same project twice', () => {
    expect(() => createMemoryStore([project('a'), project('b', undefined, ['A.EXAMPLE:80'])])).toThrow(
      'host a.example belongs to both w/a and w/b',
    )
    expect(() => createMemoryStore([project('a'), project('a', undefined, ['c.example'])])).toThrow(
      'w/a is defined twice',
    )
    expect(() => createMemoryStore([project('a', undefined, ['a.example', 'a.example.'])])).toThrow(
      'belongs to both',
    )
  })

  test.each(['', 'a b', 'a.b', 'a*', '>', 'ä', 'x'.repeat(65)])(
    'refuses the id %j, which is no subject token',
    (id) => {
      expect(() => createMemoryStore([{ ...project('a'), projectId: id }])).toThrow('$[0].projectId')
      expect(() => createMemoryStore([{ ...project('a'), workspaceId: id }])).toThrow('$[0].workspaceId')
    },
  )
})

describe('projects whose tokens would open each other', () => {
  const jwks = (issuer: string, audience: string | string[]): ProjectAuth => ({
    mode: 'jwt-jwks',
    jwksUrl: 'https://i.example/jwks',
    issuer,
    audience,
  })
  const secret = (of: string | string[], audience?: string, issuer?: string): ProjectAuth => ({
    mode: 'jwt-secret',
    secret: of,
    audience,
    issuer,
  })

  test.each<[string, ProjectAuth, ProjectAuth]>([
    ['share a secret', secret(S1), secret(S1)],
    ['share one of several secrets', secret([S1, S2]), secret(S2)],
    ['share a secret and only one has an audience', secret(S1, 'a'), secret(S1)],
    ['share a secret and an audience', secret(S1, 'a'), secret(S1, 'a')],
    ['share issuer and audience', jwks('https://i', 'a'), jwks('https://i', 'a')],
    [
      'share issuer and one of several audiences',
      jwks('https://i', ['a', 'b']),
      jwks('https://i', ['b', 'c']),
    ],
  ])('are refused when they %s, and no secret is shown', (_name, one, other) => {
    const make = (): unknown => createMemoryStore([project('one', one), project('two', other)])
    expect(make).toThrow('a token of w/one would open w/two')
    expect(make).not.toThrow(/secret-(one|two)/)
  })

  test.each<[string, ProjectAuth, ProjectAuth]>([
    ['have different secrets', secret(S1), secret(S2)],
    ['share a secret and have different audiences', secret(S1, 'a'), secret(S1, 'b')],
    ['share a secret and have different issuers', secret(S1, undefined, 'a'), secret(S1, undefined, 'b')],
    ['share a key set and have different audiences', jwks('https://i', 'a'), jwks('https://i', 'b')],
    ['share a key set and have different issuers', jwks('https://i', 'a'), jwks('https://j', 'a')],
    ['are both open', { mode: 'none' }, { mode: 'none' }],
  ])('are accepted when they %s', (_name, one, other) => {
    expect(() => createMemoryStore([project('one', one), project('two', other)])).not.toThrow()
  })

  test('are found among ten thousand in reasonable time', () => {
    const many = Array.from({ length: 10_000 }, (_, index) => project(`p${index}`, secret(`${S1}${index}`)))
    const start = performance.now()
    createMemoryStore(many)
    expect(performance.now() - start).toBeLessThan(5000)
    expect(() => createMemoryStore([...many, project('last', secret(`${S1}77`))])).toThrow(
      'a token of w/p77 would open w/last',
    )
  })
})
