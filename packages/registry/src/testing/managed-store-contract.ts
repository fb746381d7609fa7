import { createKeyRing } from '@portcullis/auth-core'
import { describe, expect, test } from 'vitest'
import { createRegistry } from '../authorize/create-registry.ts'
import type { ManagedStore, NewProject, RegistryChange } from '../management/managed-store.ts'
import type { ProjectRecord, SecretAuthView } from '../management/records.ts'

/** Two stores over one empty database, as two processes have them; closed when their test ends. */
export interface OpenedManagedStores extends AsyncDisposable {
  readonly stores: readonly [ManagedStore, ManagedStore]
}

const BY = { actor: 'ann' }
const SECRETS = ['HIDDEN-1', 'HIDDEN-2', 'HIDDEN-3'].map((text) => text.padEnd(32, 'x')) as [
  string,
  string,
  string,
]
const KEY = { workspaceId: 'w', projectId: 'p' }
const SECRET_AUTH = { mode: 'jwt-secret', secret: SECRETS[0], issuer: 'https://i' } as const
const JWKS_AUTH = {
  mode: 'jwt-jwks',
  jwksUrl: 'https://i.example/jwks',
  issuer: 'https://i.example',
  audience: 'p',
} as const

function project(changes: Partial<NewProject> = {}): NewProject {
  const { projectId = 'p' } = changes
  return { ...KEY, hosts: [`${projectId}.example`], auth: { mode: 'none' }, ...changes }
}

function tokenOf(secret: string, claims: Record<string, unknown> = {}): Promise<string> {
  const ring = createKeyRing([{ algorithm: 'HS256', key: secret }])
  return ring.sign({ sub: 'bob', exp: Math.floor(Date.now() / 1000) + 60, ...claims })
}

async function codeOf(run: Promise<unknown>): Promise<string> {
  try {
    await run
  } catch (error) {
    return String((error as { code?: unknown }).code)
  }
  return 'nothing was thrown'
}

/**
 * Registers the tests that every `ManagedStore` must pass.
 *
 * @param name - shown in the test titles
 * @param open - opens two stores on one empty database
 */
export function managedStoreContract(name: string, open: () => Promise<OpenedManagedStores>): void {
  const opened = async (): Promise<
    AsyncDisposable & { one: ManagedStore; other: ManagedStore; made: ProjectRecord }
  > => {
    const both = await open()
    const [one, other] = both.stores
    await one.workspaces.create({ workspaceId: 'w' }, BY)
    await one.workspaces.create({ workspaceId: 'v', name: 'Other' }, BY)
    const made = await one.projects.create(project({ auth: SECRET_AUTH }), BY)
    return { one, other, made, [Symbol.asyncDispose]: () => both[Symbol.asyncDispose]() }
  }

  describe(`managed store contract: ${name}`, () => {
    describe('workspaces', () => {
      test('are made, read, listed in the order of their ids, renamed and removed', async () => {
        await using both = await open()
        const [one, other] = both.stores
        for (const workspaceId of ['b', 'A', 'a']) await one.workspaces.create({ workspaceId }, BY)
        const made = await other.workspaces.find('a')
        expect(made).toMatchObject({ workspaceId: 'a', name: 'a', createdAtMs: expect.any(Number) as number })
        const first = await other.workspaces.list({ limit: 2 })
        expect(first.items.map((item) => item.workspaceId)).toEqual(['A', 'a'])
        const rest = await other.workspaces.list({ limit: 2, after: first.next })
        expect([rest.items.map((item) => item.workspaceId), rest.next]).toEqual([['b'], null])

        const { version = '' } = made ?? {}
        const renamed = await one.workspaces.update('a', { name: 'Ann & "Bob"' }, { ...BY, version })
        expect(await other.workspaces.find('a')).toEqual(renamed)
        expect(renamed.version).not.toBe(version)
        expect(await codeOf(other.workspaces.delete('a', { ...BY, version }))).toBe('ERR_VERSION_MISMATCH')
        await other.workspaces.delete('a', { ...BY, version: renamed.version })
        expect(await one.workspaces.find('a')).toBeNull()
      })

      test('are refused twice, unknown, malformed, and for removal while they have projects', async () => {
        await using store = await opened()
        const { workspaces } = store.one
        const { version = '' } = (await workspaces.find('w')) ?? {}
        expect(await codeOf(workspaces.create({ workspaceId: 'w' }, BY))).toBe('ERR_ID_TAKEN')
        expect(await codeOf(workspaces.delete('w', { ...BY, version }))).toBe('ERR_WORKSPACE_NOT_EMPTY')
        expect(await codeOf(workspaces.update('x', {}, { ...BY, version }))).toBe('ERR_WORKSPACE_UNKNOWN')
        for (const input of [{}, { workspaceId: 'a.b' }, { workspaceId: 'a', name: 'a\u0000b' }, null]) {
          expect(await codeOf(workspaces.create(input as never, BY))).toBe('ERR_REQUEST_INVALID')
        }
        for (const id of ['', "' OR 1=1 --", 'a\u0000', null, {}]) {
          expect(await workspaces.find(id as never)).toBeNull()
        }
      })
    })

    describe('projects', () => {
      test('come back as they were made, with normalised hosts and without secrets', async () => {
        await using store = await opened()
        const limits = { maxConnections: 10, messagesPerSecond: 5, maxPayloadBytes: 1024 }
        const made = await store.one.projects.create(
          project({
            projectId: 'q',
            name: 'Q',
            hosts: ['B.Example:80', '*.Bücher.example', '[0::1]'],
            auth: JWKS_AUTH,
            limits,
          }),
          BY,
        )
        expect(made).toMatchObject({
          name: 'Q',
          hosts: ['b.example', '*.xn--bcher-kva.example', '[::1]'],
          auth: JWKS_AUTH,
          limits,
        })
        expect(await store.other.projects.find({ workspaceId: 'w', projectId: 'q' })).toEqual(made)
        expect(store.made.auth).toEqual({
          mode: 'jwt-secret',
          issuer: 'https://i',
          secrets: [{ secretId: expect.any(String) as string, createdAtMs: store.made.createdAtMs }],
        })
        const { items } = await store.other.projects.list('w')
        expect(items).toEqual([store.made, made])
        expect((await store.other.projects.list('v')).items).toEqual([])
      })

      test('are listed page by page', async () => {
        await using store = await opened()
        for (const projectId of ['c', 'a', 'b']) await store.one.projects.create(project({ projectId }), BY)
        const seen: string[] = []
        let after: string | null = null
        do {
          const page = await store.other.projects.list('w', { limit: 2, after })
          seen.push(...page.items.map((item) => item.projectId))
          after = page.next
        } while (after !== null)
        expect(seen).toEqual(['a', 'b', 'c', 'p'])
        expect(await codeOf(store.one.projects.list('w', { after: 'none of ours' }))).toBe(
          'ERR_REQUEST_INVALID',
        )
        for (const limit of [0, 201, 1.5, NaN]) {
          await expect(store.one.projects.list('w', { limit })).rejects.toThrow(TypeError)
        }
      })

      test('change only for who read the last version, and one of fifty at once wins', async () => {
        await using store = await opened()
        const origin = { ...BY, version: store.made.version }
        const results = await Promise.all(
          Array.from({ length: 50 }, (_, index) =>
            codeOf((index % 2 ? store.one : store.other).projects.update(KEY, { name: `n${index}` }, origin)),
          ),
        )
        expect(results.filter((code) => code === 'nothing was thrown')).toHaveLength(1)
        expect(new Set(results)).toEqual(new Set(['nothing was thrown', 'ERR_VERSION_MISMATCH']))
        expect(await codeOf(store.one.projects.delete(KEY, origin))).toBe('ERR_VERSION_MISMATCH')
      })

      test('keep what a change does not name, and their secrets when it names none', async () => {
        await using store = await opened()
        const renamed = await store.one.projects.update(
          KEY,
          { name: 'New', limits: { maxConnections: 1 } },
          { ...BY, version: store.made.version },
        )
        expect(renamed).toMatchObject({ name: 'New', hosts: ['p.example'], auth: store.made.auth })
        const changed = await store.one.projects.update(
          KEY,
          { auth: { mode: 'jwt-secret', audience: 'a' } },
          { ...BY, version: renamed.version },
        )
        expect(changed.auth).toEqual({ ...store.made.auth, issuer: undefined, audience: 'a' })
        expect(changed.limits).toEqual({ maxConnections: 1 })
        const { authorize } = createRegistry({ store: store.other })
        const token = await tokenOf(SECRETS[0], { aud: 'a' })
        expect((await authorize({ host: 'p.example', token })).limits).toEqual({ maxConnections: 1 })
      })

      test('without a change stay the version they are, and unrecorded', async () => {
        await using store = await opened()
        const before = (await store.one.auditLog.list()).items.length
        const origin = { ...BY, version: store.made.version }
        const same = {
          hosts: ['P.EXAMPLE'],
          limits: {},
          auth: { mode: 'jwt-secret', issuer: 'https://i' },
        } as const
        expect(await store.one.projects.update(KEY, same, origin)).toEqual(store.made)
        expect((await store.one.auditLog.list()).items).toHaveLength(before)
      })

      test('that are gone are gone with their hosts, and whoever comes after is somebody else', async () => {
        await using store = await opened()
        const { authorize } = createRegistry({ store: store.other })
        const token = await tokenOf(SECRETS[0], { iss: 'https://i' })
        expect((await authorize({ host: 'p.example', token })).userId).toBe('bob')
        await store.one.projects.delete(KEY, { ...BY, version: store.made.version })
        expect(await store.other.projects.find(KEY)).toBeNull()
        expect(await codeOf(authorize({ host: 'p.example', token }))).toBe('ERR_HOST_UNKNOWN')
        const again = await store.one.projects.create(
          project({ auth: { ...SECRET_AUTH, secret: SECRETS[1] } }),
          BY,
        )
        expect(again.version).not.toBe(store.made.version)
        expect(await codeOf(authorize({ host: 'p.example', token }))).toBe('ERR_AUTH_TOKEN_INVALID')
      })

      test.each<[string, unknown, string]>([
        ['an unknown workspace', project({ workspaceId: 'nobody', projectId: 'q' }), 'ERR_WORKSPACE_UNKNOWN'],
        ['an id that is taken', project({ hosts: ['q.example'] }), 'ERR_ID_TAKEN'],
        ['no hosts', project({ projectId: 'q', hosts: [] }), 'ERR_REQUEST_INVALID'],
        [
          'a host twice',
          project({ projectId: 'q', hosts: ['q.example', 'Q.example.'] }),
          'ERR_REQUEST_INVALID',
        ],
        [
          'a wildcard of everything',
          project({ projectId: 'q', hosts: ['*.example'] }),
          'ERR_REQUEST_INVALID',
        ],
        ['a wildcard inside', project({ projectId: 'q', hosts: ['a.*.example'] }), 'ERR_REQUEST_INVALID'],
        [
          'a wildcard of wildcards',
          project({ projectId: 'q', hosts: ['*.*.a.example'] }),
          'ERR_REQUEST_INVALID',
        ],
        ['an unknown member', { ...project({ projectId: 'q' }), secret: 'HIDDEN' }, 'ERR_REQUEST_INVALID'],
        [
          'limits below one',
          project({ projectId: 'q', limits: { maxConnections: 0 } }),
          'ERR_REQUEST_INVALID',
        ],
        [
          'three secrets',
          project({ projectId: 'q', auth: { mode: 'jwt-secret', secret: SECRETS } }),
          'ERR_REQUEST_INVALID',
        ],
        [
          'one secret twice',
          project({ projectId: 'q', auth: { mode: 'jwt-secret', secret: [SECRETS[1], SECRETS[1]] } }),
          'ERR_REQUEST_INVALID',
        ],
        [
          'a short secret',
          project({ projectId: 'q', auth: { mode: 'jwt-secret', secret: 'HIDDEN' } }),
          'ERR_REQUEST_INVALID',
        ],
        [
          'neither a key URL nor discovery',
          project({ projectId: 'q', auth: { ...JWKS_AUTH, jwksUrl: undefined } }),
          'ERR_REQUEST_INVALID',
        ],
        [
          'both a key URL and discovery',
          project({ projectId: 'q', auth: { ...JWKS_AUTH, discovery: true } }),
          'ERR_REQUEST_INVALID',
        ],
      ])('with %s are refused, and no secret is shown', async (_name, input, code) => {
        await using store = await opened()
        const error: unknown = await store.one.projects
          .create(input as NewProject, BY)
          .catch((e: unknown) => e)
        expect(error).toMatchObject({ code })
        expect(String(error)).not.toContain('HIDDEN')
        expect((await store.one.projects.list('w')).items).toHaveLength(1)
      })

      test.each([
        {},
        { actor: '' },
        { actor: 'x'.repeat(257) },
        { actor: 'a\0' },
        { actor: 'a', requestId: 7 },
      ])('by %j are a mistake of the calling code', async (change) => {
        await using store = await opened()
        await expect(store.one.projects.create(project({ projectId: 'q' }), change as never)).rejects.toThrow(
          TypeError,
        )
        await expect(store.one.projects.delete(KEY, BY as never)).rejects.toThrow('"version"')
      })
    })

    describe('hosts', () => {
      test('belong to one project, whoever is first of two at once', async () => {
        await using store = await opened()
        const results = await Promise.all(
          ['a', 'b', 'c', 'd'].map((projectId, index) =>
            codeOf(
              (index % 2 ? store.one : store.other).projects.create(
                project({ projectId, hosts: ['one.example'] }),
                BY,
              ),
            ),
          ),
        )
        expect(results.toSorted()).toEqual([
          'ERR_HOST_TAKEN',
          'ERR_HOST_TAKEN',
          'ERR_HOST_TAKEN',
          'nothing was thrown',
        ])
        expect((await store.one.projects.list('w')).items).toHaveLength(2)
      })

      test('move from one project to another once they are free', async () => {
        await using store = await opened()
        const q = project({ projectId: 'q', hosts: ['q.example'] })
        const other = await store.one.projects.create(q, BY)
        const take = { hosts: ['q.example', 'p.example'] }
        expect(await codeOf(store.one.projects.update(q, take, { ...BY, version: other.version }))).toBe(
          'ERR_HOST_TAKEN',
        )
        await store.one.projects.update(
          KEY,
          { hosts: ['elsewhere.example'] },
          { ...BY, version: store.made.version },
        )
        const taken = await store.one.projects.update(q, take, { ...BY, version: other.version })
        expect(taken.hosts).toEqual(['q.example', 'p.example'])
        expect((await store.other.findProjectByHost('p.example'))?.projectId).toBe('q')
      })

      test('under a wildcard are those of its workspace, from whichever side they come', async () => {
        await using store = await opened()
        const create = (workspaceId: string, projectId: string, host: string): Promise<string> =>
          codeOf(store.one.projects.create(project({ workspaceId, projectId, hosts: [host] }), BY))
        expect(await create('w', 'wild', '*.wild.example')).toBe('nothing was thrown')
        expect(await create('v', 'thief', 'shop.wild.example')).toBe('ERR_HOST_TAKEN')
        expect(await create('v', 'deeper', 'a.shop.wild.example')).toBe('nothing was thrown')
        expect(await create('w', 'own', 'shop.wild.example')).toBe('nothing was thrown')
        expect(await create('v', 'plain', 'a.plain.example')).toBe('nothing was thrown')
        expect(await create('w', 'over', '*.plain.example')).toBe('ERR_HOST_TAKEN')
        expect(await create('w', 'again', '*.wild.example')).toBe('ERR_HOST_TAKEN')
      })

      test('may be a thousand', async () => {
        await using store = await opened()
        const hosts = Array.from({ length: 1000 }, (_, index) => `h${index}.many.example`)
        const made = await store.one.projects.create(project({ projectId: 'many', hosts }), BY)
        expect((await store.other.projects.find(made))?.hosts).toEqual(hosts)
      })
    })

    describe('a token of one project', () => {
      const pairs: [string, NewProject['auth'], NewProject['auth']][] = [
        ['a secret', SECRET_AUTH, { mode: 'jwt-secret', secret: [SECRETS[1], SECRETS[0]] }],
        ['issuer and audience', JWKS_AUTH, { ...JWKS_AUTH, audience: ['x', 'p'] }],
        [
          'issuer and audience, one by discovery',
          JWKS_AUTH,
          { mode: 'jwt-jwks', discovery: true, issuer: JWKS_AUTH.issuer, audience: 'p' },
        ],
        [
          'a namespace',
          { mode: 'machine', namespaces: ['n1', 'n2'] },
          { mode: 'machine', namespaces: ['n2', 'n3'] },
        ],
      ]
      test.each(pairs)('opens no other one: sharing %s is refused', async (_name, auth, rival) => {
        await using both = await open()
        const [one, other] = both.stores
        await one.workspaces.create({ workspaceId: 'w' }, BY)
        await one.workspaces.create({ workspaceId: 'v' }, BY)
        const first = await one.projects.create(project({ auth }), BY)
        const near = other.projects.create(project({ projectId: 'q', auth: rival }), BY)
        await expect(near).rejects.toMatchObject({
          code: 'ERR_PROJECTS_OVERLAP',
          message: expect.stringContaining('the project p') as string,
        })
        const far = project({ workspaceId: 'v', projectId: 'q', auth: rival })
        const error: unknown = await other.projects.create(far, BY).catch((e: unknown) => e)
        expect(error).toMatchObject({ code: 'ERR_PROJECTS_OVERLAP' })
        expect(String(error)).toContain('another workspace')
        expect(String(error)).not.toContain('HIDDEN')
        // The other way round: by a change of what is there.
        const lobby = await other.projects.create({ ...far, auth: { mode: 'none' } }, BY)
        const changed = other.projects.update(lobby, { auth: rival }, { ...BY, version: lobby.version })
        expect(await codeOf(changed)).toBe('ERR_PROJECTS_OVERLAP')
        // What is given up is free.
        await one.projects.update(first, { auth: { mode: 'none' } }, { ...BY, version: first.version })
        expect(
          await codeOf(other.projects.update(lobby, { auth: rival }, { ...BY, version: lobby.version })),
        ).toBe('nothing was thrown')
      })

      test('may share a secret or an issuer when audiences tell them apart', async () => {
        await using store = await opened()
        const create = (projectId: string, auth: NewProject['auth']): Promise<string> =>
          codeOf(store.one.projects.create(project({ projectId, auth }), BY))
        expect(await create('a', { ...SECRET_AUTH, issuer: 'https://j' })).toBe('nothing was thrown')
        expect(await create('b', JWKS_AUTH)).toBe('nothing was thrown')
        expect(await create('c', { ...JWKS_AUTH, audience: 'c' })).toBe('nothing was thrown')
        const { authorize } = createRegistry({ store: store.other })
        const token = await tokenOf(SECRETS[0], { iss: 'https://j' })
        expect((await authorize({ host: 'a.example', token })).projectId).toBe('a')
        expect(await codeOf(authorize({ host: 'p.example', token }))).toBe('ERR_AUTH_TOKEN_INVALID')
      })
    })

    describe('secrets', () => {
      test('are rotated: both are good while there are two, and there are no more than two', async () => {
        await using store = await opened()
        const { authorize } = createRegistry({ store: store.other })
        const enter = async (secret: string): Promise<string> =>
          codeOf(authorize({ host: 'p.example', token: await tokenOf(secret, { iss: 'https://i' }) }))
        expect([await enter(SECRETS[0]), await enter(SECRETS[1])]).toEqual([
          'nothing was thrown',
          'ERR_AUTH_TOKEN_INVALID',
        ])
        const two = await store.one.projects.addSecret(KEY, SECRETS[1], {
          ...BY,
          version: store.made.version,
        })
        expect([await enter(SECRETS[0]), await enter(SECRETS[1])]).toEqual([
          'nothing was thrown',
          'nothing was thrown',
        ])
        const origin = { ...BY, version: two.version }
        expect(await codeOf(store.one.projects.addSecret(KEY, SECRETS[2], origin))).toBe('ERR_SECRET_COUNT')
        expect(await codeOf(store.one.projects.removeSecret(KEY, 'none', origin))).toBe('ERR_SECRET_UNKNOWN')
        const [, old] = (two.auth as SecretAuthView).secrets
        const one = await store.one.projects.removeSecret(KEY, old?.secretId ?? '', origin)
        expect([await enter(SECRETS[0]), await enter(SECRETS[1])]).toEqual([
          'ERR_AUTH_TOKEN_INVALID',
          'nothing was thrown',
        ])
        const last = (one.auth as SecretAuthView).secrets[0]?.secretId ?? ''
        const end = { ...BY, version: one.version }
        expect(await codeOf(store.one.projects.removeSecret(KEY, last, end))).toBe('ERR_SECRET_COUNT')
        expect(await codeOf(store.one.projects.addSecret(KEY, SECRETS[1], end))).toBe('ERR_REQUEST_INVALID')
        expect(await codeOf(store.one.projects.addSecret(KEY, 'short', end))).toBe('ERR_REQUEST_INVALID')
      })

      test('are not added to a project of another mode, and one is needed to come to this one', async () => {
        await using store = await opened()
        const lobby = await store.one.projects.create(project({ projectId: 'q' }), BY)
        const origin = { ...BY, version: lobby.version }
        expect(await codeOf(store.one.projects.addSecret(lobby, SECRETS[1], origin))).toBe(
          'ERR_REQUEST_INVALID',
        )
        expect(await codeOf(store.one.projects.update(lobby, { auth: { mode: 'jwt-secret' } }, origin))).toBe(
          'ERR_REQUEST_INVALID',
        )
      })

      test('are nowhere in what the store answers, records or hands out', async () => {
        await using store = await opened()
        const changes: RegistryChange[] = []
        store.one.onChange((change) => changes.push(change))
        await store.one.projects.addSecret(KEY, SECRETS[1], { ...BY, version: store.made.version })
        const found = await store.one.findProjectByHost('p.example')
        const all = [
          await store.one.projects.find(KEY),
          await store.one.projects.list('w'),
          await store.one.auditLog.list(),
          changes,
          found,
        ]
        expect(JSON.stringify(all)).not.toContain('HIDDEN')
        expect(found?.auth).not.toHaveProperty('secret')
      })
    })

    describe('the audit log', () => {
      test('has each change with who, what, before and after, newest first', async () => {
        await using store = await opened()
        const after = await store.other.projects.update(
          KEY,
          { name: 'New' },
          { actor: 'bob', requestId: 'r-1', version: store.made.version },
        )
        await store.one.projects.delete(KEY, { ...BY, version: after.version })
        const { items } = await store.one.auditLog.list()
        expect(
          items.map(({ action, actor, workspaceId, projectId }) => [action, actor, workspaceId, projectId]),
        ).toEqual([
          ['project.deleted', 'ann', 'w', 'p'],
          ['project.updated', 'bob', 'w', 'p'],
          ['project.created', 'ann', 'w', 'p'],
          ['workspace.created', 'ann', 'v', null],
          ['workspace.created', 'ann', 'w', null],
        ])
        expect(items[1]).toMatchObject({
          requestId: 'r-1',
          before: store.made,
          after,
          atMs: after.updatedAtMs,
        })
        expect([items[0]?.after, items[2]?.before]).toEqual([null, null])
        expect((await store.one.auditLog.list({ workspaceId: 'v' })).items).toHaveLength(1)
        expect((await store.one.auditLog.list(KEY)).items).toHaveLength(3)
        const page = await store.one.auditLog.list({ limit: 2 })
        expect((await store.one.auditLog.list({ limit: 2, after: page.next })).items).toEqual(
          items.slice(2, 4),
        )
        await expect(store.one.auditLog.list({ projectId: 'p' })).rejects.toThrow(TypeError)
      })

      test('has nothing of what was refused', async () => {
        await using store = await opened()
        const before = await store.one.auditLog.list()
        await codeOf(store.one.projects.create(project({ projectId: 'q', hosts: ['p.example'] }), BY))
        await codeOf(store.one.projects.update(KEY, { name: 'x' }, { ...BY, version: 'old' }))
        expect(await store.one.auditLog.list()).toEqual(before)
        expect(await store.one.projects.find({ workspaceId: 'w', projectId: 'q' })).toBeNull()
      })
    })

    describe('an import', () => {
      test('fills an empty database once, whoever of several at once is first', async () => {
        await using both = await open()
        const [one, other] = both.stores
        const list = [project({ auth: SECRET_AUTH }), project({ workspaceId: 'v', projectId: 'q' })]
        const imports = await Promise.all(
          [one, other, one, other].map((store) => store.importProjects(list, BY)),
        )
        expect(imports.filter(Boolean)).toHaveLength(1)
        expect((await one.workspaces.list()).items.map((item) => item.workspaceId)).toEqual(['v', 'w'])
        expect((await one.auditLog.list()).items).toHaveLength(4)
      })

      test('leaves nothing behind when one of the projects is refused', async () => {
        await using both = await open()
        const [one] = both.stores
        const list = [project({ auth: SECRET_AUTH }), project({ projectId: 'q', auth: SECRET_AUTH })]
        expect(await codeOf(one.importProjects(list, BY))).toBe('ERR_PROJECTS_OVERLAP')
        expect((await one.workspaces.list()).items).toEqual([])
        expect(await one.importProjects([], BY)).toBe(true)
      })
    })

    describe('listeners', () => {
      test('hear of each change that is in force, and of no other, until they end', async () => {
        await using store = await opened()
        const heard: RegistryChange[] = []
        const end = store.one.onChange((change) => heard.push(change))
        await codeOf(store.one.projects.update(KEY, { name: 'x' }, { ...BY, version: 'old' }))
        const moved = await store.one.projects.update(
          KEY,
          { hosts: ['new.example'] },
          { ...BY, version: store.made.version },
        )
        await store.one.projects.update(KEY, { auth: { mode: 'none' } }, { ...BY, version: moved.version })
        end()
        await store.one.workspaces.create({ workspaceId: 'later' }, BY)
        const change = { action: 'project.updated', workspaceId: 'w', projectId: 'p' }
        expect(heard).toEqual([
          { ...change, hosts: ['p.example', 'new.example'], isAuthChanged: false },
          { ...change, hosts: ['new.example'], isAuthChanged: true },
        ])
      })

      test('that fail take nothing back', async () => {
        await using store = await opened()
        store.one.onChange(() => {
          throw new Error('of the listener')
        })
        await store.one.workspaces.create({ workspaceId: 'later' }, BY)
        expect(await store.other.workspaces.find('later')).not.toBeNull()
      })
    })

    test('a closed store answers nothing', async () => {
      await using both = await open()
      const [one] = both.stores
      await one.close()
      expect(await codeOf(one.workspaces.list())).toBe('ERR_REGISTRY_UNAVAILABLE')
      expect(await codeOf(one.findProjectByHost('p.example'))).toBe('ERR_REGISTRY_UNAVAILABLE')
    })
  })
}
