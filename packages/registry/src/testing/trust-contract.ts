import { describe, expect, test } from 'vitest'
import { createRegistry } from '../authorize/create-registry.ts'
import type { NewProject, RegistryChange } from '../management/managed-store.ts'
import type { SecretAuthView } from '../management/records.ts'
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

/** What projects trust: tokens that open one of them alone, and secrets that nobody reads. */
export function trustContract(open: () => Promise<OpenedManagedStores>): void {
  const opened = (): Promise<Started> => startWith(open)

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
}
