import { describe, expect, test } from 'vitest'
import type { RegistryChange } from '../management/managed-store.ts'
import {
  BY,
  codeOf,
  KEY,
  type OpenedManagedStores,
  project,
  SECRET_AUTH,
  type Started,
  startWith,
} from './contract-parts.ts'
import { accessContract } from './access-contract.ts'
import { effectsContract } from './effects-contract.ts'
import { idempotencyContract } from './idempotency-contract.ts'
import { projectsContract } from './projects-contract.ts'
import { signInContract } from './sign-in-contract.ts'
import { trustContract } from './trust-contract.ts'

/**
 * Registers the tests that every `ManagedStore` must pass.
 *
 * @param name - shown in the test titles
 * @param open - opens two stores on one empty database
 */
export function managedStoreContract(name: string, open: () => Promise<OpenedManagedStores>): void {
  const opened = (): Promise<Started> => startWith(open)

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

      test('of a workspace has nothing of one of the same id that is gone', async () => {
        await using store = await opened()
        const { workspaces, members, auditLog } = store.one
        const remove = async (): Promise<void> =>
          workspaces.delete('v', { ...BY, version: (await workspaces.find('v'))?.version ?? '' })
        const actions = async (): Promise<string[]> =>
          (await auditLog.list({ workspaceId: 'v' })).items.map(({ action }) => action)
        await members.create({ workspaceId: 'v', subject: 'email:old@tenant.example', role: 'owner' }, BY)
        await remove()
        expect(await actions()).toEqual(['workspace.deleted', 'member.created', 'workspace.created'])
        await store.other.workspaces.create({ workspaceId: 'v' }, BY)
        expect(await actions()).toEqual(['workspace.created'])
        expect((await auditLog.list({ workspaceId: 'v', projectId: 'p' })).items).toEqual([])
        // Who may see everything sees that, too.
        expect((await auditLog.list()).items.filter(({ workspaceId }) => workspaceId === 'v')).toHaveLength(4)
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
        await store.one.projects.create(project({ projectId: 'later' }), BY)
        const change = { ...KEY, hosts: ['new.example'], userId: null }
        expect(heard).toEqual([
          { ...change, sequence: 2, kind: 'hosts', addedHosts: ['new.example'] },
          { ...change, sequence: 3, kind: 'admission', addedHosts: [] },
        ])
      })

      test('that fail take nothing back', async () => {
        await using store = await opened()
        store.one.onChange(() => {
          throw new Error('of the listener')
        })
        await store.one.projects.create(project({ projectId: 'later' }), BY)
        expect(await store.other.projects.find({ ...KEY, projectId: 'later' })).not.toBeNull()
      })
    })

    projectsContract(open)
    trustContract(open)
    accessContract(open)
    signInContract(open)
    idempotencyContract(open)
    effectsContract(open)

    test('a closed store answers nothing', async () => {
      await using both = await open()
      const [one] = both.stores
      await one.close()
      expect(await codeOf(one.workspaces.list())).toBe('ERR_REGISTRY_UNAVAILABLE')
      expect(await codeOf(one.findProjectByHost('p.example'))).toBe('ERR_REGISTRY_UNAVAILABLE')
    })
  })
}
