import { afterEach, describe, expect, test, vi } from 'vitest'
import type { ManagedStore } from '../management/managed-store.ts'
import type { ApiKeyRecord, ApiKeyRef, MemberKey, MemberRecord, Role } from '../management/records.ts'
import { BY, codeOf, type OpenedManagedStores, type Started, startWith } from './contract-parts.ts'

const NOTHING = 'nothing was thrown'
const MINUTE = 60_000

/** Who manages what: members and API keys. */
export function accessContract(open: () => Promise<OpenedManagedStores>): void {
  const opened = (): Promise<Started> => startWith(open)
  afterEach(() => void vi.useRealTimers())

  function later(ms: number): void {
    vi.useFakeTimers({ toFake: ['Date'], now: Date.now() + ms })
  }

  function member(
    store: ManagedStore,
    subject: string,
    role: Role = 'viewer',
    workspaceId: string | null = 'w',
  ): Promise<MemberRecord> {
    return store.members.create({ workspaceId, subject, role }, BY)
  }

  describe('members', () => {
    test('are made, read, listed by subject, changed and removed, and each change is recorded', async () => {
      await using store = await opened()
      const { members } = store.one
      const bob = await member(store.one, 'user:bob')
      const ann = await store.one.members.create(
        { workspaceId: 'w', subject: 'email:Ann@Example.COM', role: 'owner', name: 'Ann' },
        { actor: 'root', requestId: 'r-1' },
      )
      expect(ann).toMatchObject({
        subject: 'email:ann@example.com',
        name: 'Ann',
        role: 'owner',
        workspaceId: 'w',
      })
      expect(bob).toMatchObject({ name: 'bob', createdAtMs: expect.any(Number) as number })
      const first = await store.other.members.list('w', { limit: 1 })
      expect(first.items).toEqual([ann])
      for (const key of ['user:', 'user:a\0b', 'group:a', 'email:ann', `user:${'x'.repeat(508)}`]) {
        const after = Buffer.from(key).toString('base64url')
        expect(await codeOf(store.other.members.list('w', { after }))).toBe('ERR_REQUEST_INVALID')
      }
      expect(await store.other.members.list('w', { after: first.next })).toEqual({ items: [bob], next: null })
      const admin = await members.update(bob, { role: 'admin' }, { ...BY, version: bob.version })
      expect(await store.other.members.find(bob)).toEqual(admin)
      expect(admin).toMatchObject({ role: 'admin', name: 'bob' })
      expect(await members.update(bob, {}, { ...BY, version: admin.version })).toEqual(admin)
      expect(await codeOf(members.delete(bob, { ...BY, version: bob.version }))).toBe('ERR_VERSION_MISMATCH')
      await members.delete(bob, { ...BY, version: admin.version })
      expect(await store.other.members.find(bob)).toBeNull()
      const { items } = await store.one.auditLog.list({ workspaceId: 'w', limit: 4 })
      expect(items.map(({ action, before, after }) => [action, before, after])).toEqual([
        ['member.deleted', admin, null],
        ['member.updated', bob, admin],
        ['member.created', null, ann],
        ['member.created', null, bob],
      ])
      expect(items[2]).toMatchObject({ actor: 'root', requestId: 'r-1', projectId: null })
    })

    test('are refused in an unknown workspace, twice, and malformed', async () => {
      const cases: [object, string][] = [
        [{ workspaceId: 'nobody' }, 'ERR_WORKSPACE_UNKNOWN'],
        [{ workspaceId: undefined }, 'ERR_REQUEST_INVALID'],
        [{ workspaceId: '' }, 'ERR_REQUEST_INVALID'],
        [{ role: 'root' }, 'ERR_REQUEST_INVALID'],
        [{ name: 'a\u2028b' }, 'ERR_REQUEST_INVALID'],
        [{ extra: 1 }, 'ERR_REQUEST_INVALID'],
        [{ subject: 'bob' }, 'ERR_REQUEST_INVALID'],
        [{ subject: 'user:' }, 'ERR_REQUEST_INVALID'],
        [{ subject: 'USER:bob' }, 'ERR_REQUEST_INVALID'],
        [{ subject: 'group:all' }, 'ERR_REQUEST_INVALID'],
        [{ subject: 'user:a\0b' }, 'ERR_REQUEST_INVALID'],
        [{ subject: 'user:a\ud800' }, 'ERR_REQUEST_INVALID'],
        [{ subject: `user:${'x'.repeat(508)}` }, 'ERR_REQUEST_INVALID'],
        [{ subject: 'email:ann' }, 'ERR_REQUEST_INVALID'],
        [{ subject: 'email:ann@b@c' }, 'ERR_REQUEST_INVALID'],
        [{ subject: 'email:ann b@c' }, 'ERR_REQUEST_INVALID'],
        // The Kelvin sign, whose lower case is the letter of somebody else's address.
        [{ subject: 'email:mar\u212a@example.com' }, 'ERR_REQUEST_INVALID'],
        [{ subject: 'email:There@example.com' }, 'ERR_ID_TAKEN'],
        [{ subject: 'email:there@example.com', workspaceId: 'v' }, NOTHING],
        [{ subject: 'email:there@example.com', workspaceId: null }, NOTHING],
      ]
      await using store = await opened()
      await member(store.one, 'email:there@example.com')
      for (const [changes, code] of cases) {
        const input = { workspaceId: 'w', subject: 'user:new', role: 'viewer', ...changes }
        const outcome = await codeOf(store.other.members.create(input as never, BY))
        expect([changes, outcome]).toEqual([changes, code])
      }
    })

    test('of operators are not there twice, and of several at once one is', async () => {
      await using store = await opened()
      const results = await Promise.all(
        [store.one, store.other, store.one].map((each) => codeOf(member(each, 'user:ann', 'owner', null))),
      )
      expect(results.toSorted()).toEqual(['ERR_ID_TAKEN', 'ERR_ID_TAKEN', NOTHING])
      expect((await store.one.members.list(null)).items).toHaveLength(1)
    })

    test('of another workspace, and those of none, are unknown', async () => {
      await using store = await opened()
      const { members } = store.one
      const own = await member(store.one, 'user:ann')
      const operator = await member(store.one, 'user:root', 'owner', null)
      const strangers = [
        { ...own, workspaceId: 'v' },
        { ...own, workspaceId: null },
        { ...own, workspaceId: undefined },
        { ...operator, workspaceId: 'w' },
        { ...operator, workspaceId: undefined },
        { ...own, memberId: "' OR 1=1 --" },
        { workspaceId: 'w' },
        null,
      ] as MemberKey[]
      for (const key of strangers) {
        expect(await members.find(key)).toBeNull()
        const change = { ...BY, version: own.version }
        expect(await codeOf(members.update(key, { role: 'owner' }, change))).toBe('ERR_MEMBER_UNKNOWN')
        expect(await codeOf(members.delete(key, change))).toBe('ERR_MEMBER_UNKNOWN')
      }
      expect((await members.list('v')).items).toEqual([])
      expect((await members.list(undefined as never)).items).toEqual([])
      expect((await members.list('w')).items).toEqual([own])
      expect((await members.list(null)).items).toEqual([operator])
    })

    test('of whom the last owner goes are refused that, also when two owners go at once', async () => {
      await using store = await opened()
      const [ann, bob] = [
        await member(store.one, 'user:ann', 'owner'),
        await member(store.one, 'user:bob', 'owner'),
      ]
      // An owner elsewhere, an operator and a key are no owner here.
      await member(store.one, 'user:ann', 'owner', 'v')
      await member(store.one, 'user:ann', 'owner', null)
      await store.one.apiKeys.create({ workspaceId: 'w', name: 'k', role: 'owner' }, BY)
      const results = await Promise.all([
        codeOf(store.one.members.delete(ann, { ...BY, version: ann.version })),
        codeOf(store.other.members.update(bob, { role: 'admin' }, { ...BY, version: bob.version })),
      ])
      expect(results.toSorted()).toEqual(['ERR_LAST_OWNER', NOTHING])
      const owners = (await store.one.members.list('w')).items.filter(({ role }) => role === 'owner')
      expect(owners).toHaveLength(1)
      // Their name may change, and a workspace that goes takes them with it.
      const [last] = owners as [MemberRecord]
      await store.one.members.update(last, { name: 'New' }, { ...BY, version: last.version })
      const v = await store.one.workspaces.find('v')
      await store.one.workspaces.delete('v', { ...BY, version: v?.version ?? '' })
      expect((await store.one.members.list('v')).items).toEqual([])
    })

    test('are for each workspace the strongest of what their subjects are', async () => {
      await using store = await opened()
      await member(store.one, 'user:ann', 'viewer')
      await member(store.one, 'email:ann@example.com', 'admin')
      await member(store.one, 'user:ann', 'viewer', 'v')
      await member(store.one, 'user:ann', 'viewer', null)
      await member(store.one, 'user:bob', 'owner')
      const { of } = store.other.members
      expect(await of(['user:ann', 'email:ANN@example.com', 'nonsense', 'user:ann'])).toEqual([
        { workspaceId: null, role: 'viewer' },
        { workspaceId: 'v', role: 'viewer' },
        { workspaceId: 'w', role: 'admin' },
      ])
      for (const subject of [
        'ann',
        'machine:ann',
        'USER:ann',
        'user:Ann',
        'user:ann ',
        'user:%',
        '',
        null,
        {},
      ]) {
        expect([subject, await of([subject as string])]).toEqual([subject, []])
      }
      expect(await of([])).toEqual([])
      await expect(of(Array(21).fill('user:ann') as string[])).rejects.toThrow(TypeError)
      await expect(of('user:ann' as never)).rejects.toThrow(TypeError)
    })
  })

  describe('API keys', () => {
    test('are shown once, tell whose they are, and are listed without what makes them keys', async () => {
      await using store = await opened()
      const { record, key } = await store.one.apiKeys.create(
        { workspaceId: 'w', name: 'CI', role: 'admin' },
        BY,
      )
      expect(key).toMatch(/^pck_[0-9a-f]{16}_[A-Za-z0-9_-]{43}$/)
      expect(record).toMatchObject({
        workspaceId: 'w',
        name: 'CI',
        role: 'admin',
        lastUsedAtMs: null,
        expiresAtMs: null,
      })
      expect(key.startsWith(`${record.prefix}_`)).toBe(true)
      const used = await store.other.apiKeys.authenticate(key)
      expect(used).toEqual({ ...record, lastUsedAtMs: expect.any(Number) as number })
      expect(await store.other.apiKeys.find(record)).toEqual(used)
      const operator = await store.one.apiKeys.create({ workspaceId: null, name: 'root', role: 'owner' }, BY)
      expect(await store.other.apiKeys.authenticate(operator.key)).toMatchObject({
        workspaceId: null,
        role: 'owner',
      })
      const shown = JSON.stringify([
        await store.one.apiKeys.list('w'),
        await store.one.apiKeys.list(null),
        await store.one.auditLog.list(),
      ])
      for (const each of [key, operator.key]) expect(shown).not.toContain(each.slice(-43))
      expect(shown).not.toContain('digest')
    })

    test('that are not exactly right are nobody', async () => {
      await using store = await opened()
      const { record, key } = await store.one.apiKeys.create(
        { workspaceId: 'w', name: 'CI', role: 'admin' },
        BY,
      )
      const other = await store.one.apiKeys.create({ workspaceId: 'v', name: 'CI', role: 'admin' }, BY)
      const wrong = [
        `${record.prefix}_${other.key.slice(-43)}`,
        `${key.slice(0, -1)}${key.endsWith('A') ? 'B' : 'A'}`,
        `pck_${'0'.repeat(16)}_${key.slice(-43)}`,
        key.toUpperCase(),
        ` ${key}`,
        `${key}\n`,
        `${key}\0`,
        key.slice(0, -1),
        record.prefix,
        '',
        'x'.repeat(100_000),
        null,
        {},
        [key],
      ]
      for (const each of wrong) expect(await store.other.apiKeys.authenticate(each as string)).toBeNull()
    })

    test('end when they expire, and do not come back by rotation', async () => {
      await using store = await opened()
      const expiresAtMs = Date.now() + MINUTE
      const create = (input: object): Promise<{ record: ApiKeyRecord; key: string }> =>
        store.one.apiKeys.create({ workspaceId: 'w', name: 'CI', role: 'admin', ...input }, BY)
      const { record, key } = await create({ expiresAtMs })
      expect(await store.one.apiKeys.authenticate(key)).toMatchObject({ expiresAtMs })
      expect(await codeOf(create({ expiresAtMs: Date.now() }))).toBe('ERR_REQUEST_INVALID')
      later(MINUTE)
      expect(await store.other.apiKeys.authenticate(key)).toBeNull()
      const rotation = store.one.apiKeys.rotate(record, { ...BY, version: record.version })
      expect(await codeOf(rotation)).toBe('ERR_REQUEST_INVALID')
      expect((await store.one.apiKeys.list('w')).items).toHaveLength(1)
    })

    test('are rotated by one of two at once, and the one before is nobody from then on', async () => {
      await using store = await opened()
      const { record, key } = await store.one.apiKeys.create(
        { workspaceId: 'w', name: 'CI', role: 'admin' },
        BY,
      )
      const change = { ...BY, version: record.version }
      const both = await Promise.allSettled([
        store.one.apiKeys.rotate(record, change),
        store.other.apiKeys.rotate(record, change),
      ])
      const [made] = both.flatMap((each) => (each.status === 'fulfilled' ? [each.value] : []))
      const [refused] = both.flatMap((each) => (each.status === 'rejected' ? [each.reason as unknown] : []))
      expect(refused).toMatchObject({ code: 'ERR_VERSION_MISMATCH' })
      expect(made?.record).toMatchObject({ keyId: record.keyId, role: 'admin', prefix: record.prefix })
      expect(await store.other.apiKeys.authenticate(key)).toBeNull()
      expect(await store.other.apiKeys.authenticate(made?.key ?? '')).toMatchObject({ keyId: record.keyId })
      const [entry] = (await store.one.auditLog.list()).items
      expect(entry).toMatchObject({
        action: 'api_key.rotated',
        before: { version: record.version },
        after: made?.record,
      })
    })

    test('of another workspace, and those of none, are unknown', async () => {
      await using store = await opened()
      const { apiKeys } = store.one
      const { record, key } = await apiKeys.create({ workspaceId: 'w', name: 'CI', role: 'owner' }, BY)
      const operator = await apiKeys.create({ workspaceId: null, name: 'CI', role: 'owner' }, BY)
      const strangers = [
        { ...record, workspaceId: 'v' },
        { ...record, workspaceId: null },
        { ...record, workspaceId: undefined },
        { ...operator.record, workspaceId: 'w' },
        { ...operator.record, workspaceId: undefined },
        { ...record, keyId: '' },
        null,
      ] as ApiKeyRef[]
      for (const ref of strangers) {
        expect(await apiKeys.find(ref)).toBeNull()
        expect(await codeOf(apiKeys.rotate(ref, { ...BY, version: record.version }))).toBe(
          'ERR_API_KEY_UNKNOWN',
        )
        expect(await codeOf(apiKeys.revoke(ref, BY))).toBe('ERR_API_KEY_UNKNOWN')
      }
      expect(await codeOf(apiKeys.revoke(record, { ...BY, version: 'old' }))).toBe('ERR_VERSION_MISMATCH')
      expect((await apiKeys.list('v')).items).toEqual([])
      await apiKeys.revoke(record, BY)
      expect(await store.other.apiKeys.authenticate(key)).toBeNull()
      expect(await codeOf(apiKeys.create({ workspaceId: 'x', name: 'n', role: 'owner' }, BY))).toBe(
        'ERR_WORKSPACE_UNKNOWN',
      )
    })

    test('say to a minute when they were used, and are written no more often', async () => {
      await using store = await opened()
      const { record, key } = await store.one.apiKeys.create(
        { workspaceId: 'w', name: 'CI', role: 'viewer' },
        BY,
      )
      const used = async (): Promise<unknown> => (await store.one.apiKeys.find(record))?.lastUsedAtMs
      vi.useFakeTimers({ toFake: ['Date'], now: Date.now() })
      const start = Date.now()
      await Promise.all(Array.from({ length: 5 }, () => store.one.apiKeys.authenticate(key)))
      expect(await used()).toBe(start)
      later(MINUTE - 1)
      expect((await store.other.apiKeys.authenticate(key))?.lastUsedAtMs).toBe(start)
      later(1)
      await store.other.apiKeys.authenticate(key)
      expect(await used()).toBe(start + MINUTE)
      expect((await store.one.apiKeys.find(record))?.version).toBe(record.version)
    })

    test('and operators: of all that may do everything, the last one stays', async () => {
      await using store = await opened()
      const { apiKeys, members } = store.one
      const made = await apiKeys.create({ workspaceId: null, name: 'first', role: 'owner' }, BY)
      const helper = await apiKeys.create({ workspaceId: null, name: 'helper', role: 'admin' }, BY)
      expect(await codeOf(apiKeys.revoke(made.record, BY))).toBe('ERR_LAST_OWNER')
      await apiKeys.revoke(helper.record, BY)
      const ann = await member(store.one, 'user:ann', 'owner', null)
      const results = await Promise.all([
        codeOf(apiKeys.revoke(made.record, BY)),
        codeOf(store.other.members.delete(ann, { ...BY, version: ann.version })),
      ])
      expect(results.toSorted()).toEqual(['ERR_LAST_OWNER', NOTHING])
      // One that has expired is nobody who could be left.
      const soon = Date.now() + MINUTE
      const input = { workspaceId: null, name: 'b', role: 'owner', expiresAtMs: soon } as const
      const brief = await apiKeys.create(input, BY)
      later(MINUTE)
      const [keeper] = (await members.list(null)).items
      const going = keeper
        ? members.update(keeper, { role: 'viewer' }, { ...BY, version: keeper.version })
        : apiKeys.revoke(made.record, BY)
      expect(await codeOf(going)).toBe('ERR_LAST_OWNER')
      await apiKeys.revoke(brief.record, BY)
    })
  })
}
