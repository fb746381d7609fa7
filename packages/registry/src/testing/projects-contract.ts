import { describe, expect, test } from 'vitest'
import { createRegistry } from '../authorize/create-registry.ts'
import type { NewProject } from '../management/managed-store.ts'
import {
  BY,
  codeOf,
  JWKS_AUTH,
  KEY,
  type OpenedManagedStores,
  project,
  SECRET_AUTH,
  SECRETS,
  type Started,
  startWith,
  tokenOf,
} from './contract-parts.ts'

/** Projects, and the hosts that each has for itself. */
export function projectsContract(open: () => Promise<OpenedManagedStores>): void {
  const opened = (): Promise<Started> => startWith(open)

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

    test('change only for who read the last version, and one of twenty at once wins', async () => {
      await using store = await opened()
      const origin = { ...BY, version: store.made.version }
      const results = await Promise.all(
        Array.from({ length: 20 }, (_, index) =>
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

    test('that are malformed, taken or of nobody are refused, and no secret is shown', async () => {
      const cases: [string, unknown, string][] = [
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
      ]
      await using store = await opened()
      for (const [what, input, code] of cases) {
        const error: unknown = await store.one.projects
          .create(input as NewProject, BY)
          .catch((e: unknown) => e)
        expect([what, (error as { code?: unknown }).code]).toEqual([what, code])
        expect(String(error)).not.toContain('HIDDEN')
      }
      expect((await store.one.projects.list('w')).items).toHaveLength(1)
    })

    test('by nobody are a mistake of the calling code', async () => {
      await using store = await opened()
      for (const change of [
        {},
        { actor: '' },
        { actor: 'x'.repeat(257) },
        { actor: 'a\0' },
        { actor: 'a', requestId: 7 },
      ]) {
        const creation = store.one.projects.create(project({ projectId: 'q' }), change as never)
        await expect(creation).rejects.toThrow(TypeError)
      }
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
}
