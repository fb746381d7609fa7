import { describe, expect, test } from 'vitest'
import { createRegistry } from '../authorize/create-registry.ts'
import type { ProjectChanges, RegistryChange } from '../management/managed-store.ts'
import type { SecretAuthView } from '../management/records.ts'
import {
  BY,
  codeOf,
  KEY,
  type OpenedManagedStores,
  project,
  SECRET_AUTH,
  SECRETS,
  type Started,
  startWith,
  tokenOf,
} from './contract-parts.ts'

const NOTHING = 'nothing was thrown'

/** What open sessions feel: blocked users, and the changes that gateways are told. */
export function effectsContract(open: () => Promise<OpenedManagedStores>): void {
  const opened = (): Promise<Started> => startWith(open)

  describe('blocked users', () => {
    test('are kept out of their project from the next call on, whatever their token says, until they are not', async () => {
      await using store = await opened()
      const { authorize, testToken } = createRegistry({
        store: store.other,
        machineTokens: async () => ({ sub: 'bob', exp: Date.now() / 1000 + 60, namespaceId: 'n' }),
      })
      const issuer = 'https://elsewhere'
      await store.one.projects.create(project({ projectId: 'q', auth: { ...SECRET_AUTH, issuer } }), BY)
      const machine = await store.one.projects.create(
        project({ projectId: 'm', auth: { mode: 'machine', namespaces: ['n'] } }),
        BY,
      )
      const token = await tokenOf(SECRETS[0], { iss: 'https://i' })
      const enter = async (): Promise<string[]> => [
        await codeOf(authorize({ host: 'p.example', token })),
        await codeOf(authorize({ host: 'q.example', token: await tokenOf(SECRETS[0], { iss: issuer }) })),
        await codeOf(authorize({ host: 'm.example', token: 'of a machine' })),
      ]
      expect(await enter()).toEqual([NOTHING, NOTHING, NOTHING])
      const blocked = await store.one.blockedUsers.add({ ...KEY, userId: 'bob', reason: 'spam' }, BY)
      expect(await enter()).toEqual(['ERR_USER_BLOCKED', NOTHING, NOTHING])
      expect(await testToken({ ...KEY, token })).toMatchObject({
        ok: false,
        userId: null,
        claims: { sub: 'bob' },
      })
      const { workspaceId, projectId } = machine
      await store.one.blockedUsers.add({ workspaceId, projectId, userId: 'bob' }, BY)
      expect(await enter()).toEqual(['ERR_USER_BLOCKED', NOTHING, 'ERR_USER_BLOCKED'])
      // Somebody else is not kept out, and a wrong token is still a wrong token.
      expect(await codeOf(authorize({ host: 'p.example', token: 'x' }))).toBe('ERR_AUTH_TOKEN_INVALID')
      const ann = await tokenOf(SECRETS[0], { iss: 'https://i', sub: 'Bob' })
      expect(await codeOf(authorize({ host: 'p.example', token: ann }))).toBe(NOTHING)
      await store.other.blockedUsers.remove(KEY, 'bob', BY)
      expect(await enter()).toEqual([NOTHING, NOTHING, 'ERR_USER_BLOCKED'])
      expect(await testToken({ ...KEY, token, host: 'P.example:1' })).toMatchObject({
        ok: true,
        userId: 'bob',
      })
      const { items } = await store.one.auditLog.list(KEY)
      expect(items.slice(0, 2)).toMatchObject([
        { action: 'user.unblocked', before: blocked, after: null },
        { action: 'user.blocked', before: null, after: blocked },
      ])
    })

    test('are listed newest first, blocked once, and known to their project alone', async () => {
      await using store = await opened()
      const { blockedUsers } = store.one
      const other = await store.one.projects.create(
        project({ workspaceId: 'v', projectId: 'p', hosts: ['v.example'] }),
        BY,
      )
      // What a token may call its subject, and a database not store.
      const ids = ['bob', 'a\0b', '\ud800', '\ufffd', "' OR 1=1 --", '%', ' bob', 'ü'.repeat(8192)]
      for (const userId of ids) await blockedUsers.add({ ...KEY, userId }, BY)
      const again = await blockedUsers.add({ ...KEY, userId: 'bob' }, BY)
      expect(await store.other.blockedUsers.find(KEY, 'bob')).toEqual(again)
      const seen: string[] = []
      let after: string | null = null
      do {
        const page = await store.other.blockedUsers.list(KEY, { limit: 3, after })
        seen.push(...page.items.map(({ userId }) => userId))
        after = page.next
      } while (after !== null)
      expect(seen.toSorted()).toEqual(ids.toSorted())
      for (const userId of ids) {
        expect(await store.other.isUserBlocked('w', 'p', userId)).toBe(true)
        expect(await store.other.isUserBlocked('v', 'p', userId)).toBe(false)
        expect(await blockedUsers.find(other, userId)).toBeNull()
        expect(await codeOf(blockedUsers.remove(other, userId, BY))).toBe('ERR_BLOCKED_USER_UNKNOWN')
      }
      expect(await store.other.isUserBlocked('w', 'p', 'Bob')).toBe(false)
      const entries = (await store.one.auditLog.list(KEY)).items.length
      const why = await blockedUsers.add({ ...KEY, userId: 'bob', reason: 'spam' }, BY)
      expect(why).toEqual({ ...again, reason: 'spam' })
      await blockedUsers.add({ ...KEY, userId: 'bob' }, BY)
      expect((await store.one.auditLog.list(KEY)).items).toHaveLength(entries + 1)
      const nobody = { workspaceId: 'v', projectId: 'q' }
      expect(await codeOf(blockedUsers.add({ ...nobody, userId: 'x' }, BY))).toBe('ERR_PROJECT_UNKNOWN')
      expect(await codeOf(blockedUsers.remove(nobody, 'x', BY))).toBe('ERR_PROJECT_UNKNOWN')
      for (const userId of ['', 'x'.repeat(8193), 7]) {
        expect(await codeOf(blockedUsers.add({ ...KEY, userId } as never, BY))).toBe('ERR_REQUEST_INVALID')
      }
      // They go with their project.
      await store.one.projects.delete(KEY, { ...BY, version: store.made.version })
      await store.one.projects.create(project(), BY)
      expect((await blockedUsers.list(KEY)).items).toEqual([])
    })
  })

  describe('changes', () => {
    const cases: [string, ProjectChanges, Partial<RegistryChange>[]][] = [
      ['a name', { name: 'New' }, []],
      ['limits', { limits: { maxConnections: 1 } }, [{ kind: 'limits', hosts: ['p.example'] }]],
      ['the mode', { auth: { mode: 'none' } }, [{ kind: 'admission', hosts: ['p.example'] }]],
      ['an issuer', { auth: { mode: 'jwt-secret', issuer: 'https://j' } }, [{ kind: 'admission' }]],
      ['the secret', { auth: { ...SECRET_AUTH, secret: SECRETS[2] } }, [{ kind: 'admission' }]],
      [
        'hosts',
        { hosts: ['q.example', '*.p.example'] },
        [{ kind: 'hosts', hosts: ['q.example', '*.p.example'], addedHosts: ['q.example'] }],
      ],
      [
        'everything',
        {
          name: 'New',
          hosts: ['p.example', 'q.example'],
          auth: { mode: 'none' },
          limits: { maxConnections: 1 },
        },
        [
          { kind: 'hosts', hosts: ['p.example', 'q.example'], addedHosts: ['q.example'] },
          { kind: 'admission', hosts: ['p.example', 'q.example'], addedHosts: [] },
        ],
      ],
    ]
    test('of a project are told as what they mean', async () => {
      await using store = await opened()
      let { made } = store
      for (const [name, changes, expected] of cases) {
        const heard: RegistryChange[] = []
        const end = store.one.onChange((change) => heard.push(change))
        const before = await store.other.changes.latest()
        const next = await store.one.projects.update(KEY, changes, { ...BY, version: made.version })
        end()
        const told = expected.map((change, index) => ({
          ...KEY,
          sequence: before + index + 1,
          userId: null,
          ...change,
        }))
        expect([name, heard]).toMatchObject([name, told])
        expect(heard).toHaveLength(told.length)
        expect(await store.other.changes.since(before)).toEqual(heard)
        expect(await store.other.changes.latest()).toBe(before + told.length)
        // As it was, for the next one.
        const { hosts } = made
        const origin = { ...BY, version: next.version }
        made = await store.one.projects.update(
          KEY,
          { name: 'p', hosts, auth: SECRET_AUTH, limits: {} },
          origin,
        )
      }
    })

    test('of projects and users are numbered over all processes, and those missed are told in order', async () => {
      await using store = await opened()
      expect(await store.one.changes.since(0)).toEqual([
        { ...KEY, sequence: 1, kind: 'hosts', hosts: ['p.example'], addedHosts: ['p.example'], userId: null },
      ])
      const userId = 'a\0\ud800'
      await store.other.blockedUsers.add({ ...KEY, userId }, BY)
      const two = await store.one.projects.addSecret(KEY, SECRETS[1], { ...BY, version: store.made.version })
      const [, old] = (two.auth as SecretAuthView).secrets
      const one = await store.other.projects.removeSecret(KEY, old?.secretId ?? '', {
        ...BY,
        version: two.version,
      })
      await store.one.members.create({ workspaceId: 'w', subject: 'user:ann', role: 'owner' }, BY)
      await store.other.projects.delete(KEY, { ...BY, version: one.version })
      const rest = { ...KEY, hosts: [], addedHosts: [], userId: null }
      expect(await store.one.changes.since(1)).toEqual([
        { ...rest, sequence: 2, kind: 'user', userId },
        { ...rest, sequence: 3, kind: 'admission' },
        { ...rest, sequence: 4, kind: 'deleted' },
      ])
      expect([await store.one.changes.latest(), await store.one.changes.since(4)]).toEqual([4, []])
      for (const unknown of [5, -1, 1.5, NaN, Infinity, '1', null]) {
        expect(await store.one.changes.since(unknown as number)).toBeNull()
      }
    })

    test('that were refused are not told, and leave no gap', async () => {
      await using store = await opened()
      const heard: RegistryChange[] = []
      store.one.onChange((change) => heard.push(change))
      await codeOf(store.one.projects.create(project({ projectId: 'q', hosts: ['p.example'] }), BY))
      await codeOf(store.one.projects.update(KEY, { name: 'x' }, { ...BY, version: 'old' }))
      expect([heard, await store.one.changes.latest()]).toEqual([[], 1])
      await Promise.all(
        ['a', 'b', 'c', 'd'].map((projectId, index) =>
          (index % 2 ? store.one : store.other).projects.create(project({ projectId }), BY),
        ),
      )
      expect((await store.one.changes.since(1))?.map(({ sequence }) => sequence)).toEqual([2, 3, 4, 5])
    })
  })
}
