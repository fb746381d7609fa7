import { afterEach, describe, expect, test, vi } from 'vitest'
import { BY, codeOf, type OpenedManagedStores, type Started, startWith } from './contract-parts.ts'

const NOTHING = 'nothing was thrown'
const HOUR = 3_600_000

/** How people come in: sessions of the console, and the set-up of the first operator. */
export function signInContract(open: () => Promise<OpenedManagedStores>): void {
  const opened = (): Promise<Started> => startWith(open)
  afterEach(() => void vi.useRealTimers())

  function later(ms: number): void {
    vi.useFakeTimers({ toFake: ['Date'], now: Date.now() + ms })
  }

  const HOSTILE = ['', 'x', 'x'.repeat(43), "' OR 1=1 --", 'a\0', null, {}, ['x']] as string[]

  describe('console sessions', () => {
    const ANN = { kind: 'person', subjects: ['user:ann', 'email:Ann@example.com'], name: 'Ann' } as const

    test('tell who signed in, until they end or are ended', async () => {
      await using store = await opened()
      const { consoleSessions } = store.one
      const made = await consoleSessions.create({ principal: ANN, ttlMs: HOUR })
      expect(made.expiresAtMs - made.createdAtMs).toBe(HOUR)
      const found = await store.other.consoleSessions.find(made.secret)
      expect(found).toEqual({
        principal: { ...ANN, subjects: ['user:ann', 'email:ann@example.com'] },
        createdAtMs: made.createdAtMs,
        expiresAtMs: made.expiresAtMs,
      })
      const again = await consoleSessions.create({ principal: ANN, ttlMs: 2 * HOUR })
      expect(again.secret).not.toBe(made.secret)
      for (const secret of HOSTILE) {
        expect(await consoleSessions.find(secret)).toBeNull()
        await consoleSessions.delete(secret)
      }
      later(HOUR)
      expect(await store.other.consoleSessions.find(made.secret)).toBeNull()
      expect(await store.other.consoleSessions.find(again.secret)).not.toBeNull()
      await consoleSessions.delete(again.secret)
      await consoleSessions.delete(again.secret)
      expect(await store.other.consoleSessions.find(again.secret)).toBeNull()
    })

    test('of an API key end with it: when it is rotated, revoked, expires, or its workspace goes', async () => {
      await using store = await opened()
      const { apiKeys, consoleSessions, workspaces } = store.one
      const signIn = async (input: object): ReturnType<typeof keyAndSession> => keyAndSession(input)
      async function keyAndSession(input: object): Promise<{ key: typeof made; secret: string }> {
        const made = await apiKeys.create({ workspaceId: 'w', name: 'CI', role: 'admin', ...input }, BY)
        const { secret } = await consoleSessions.create({
          principal: { kind: 'api-key', key: made.record },
          ttlMs: 2 * HOUR,
        })
        expect(await store.other.consoleSessions.find(secret)).toMatchObject({
          principal: { kind: 'api-key', key: made.record },
        })
        return { key: made, secret }
      }
      const rotated = await signIn({})
      const revoked = await signIn({})
      const brief = await signIn({ expiresAtMs: Date.now() + HOUR })
      const gone = await signIn({ workspaceId: 'v' })
      const kept = await signIn({})
      await apiKeys.rotate(rotated.key.record, { ...BY, version: rotated.key.record.version })
      await apiKeys.revoke(revoked.key.record, BY)
      await workspaces.delete('v', { ...BY, version: (await workspaces.find('v'))?.version ?? '' })
      later(HOUR)
      for (const { secret } of [rotated, revoked, brief, gone]) {
        expect(await store.other.consoleSessions.find(secret)).toBeNull()
      }
      expect(await store.other.consoleSessions.find(kept.secret)).not.toBeNull()
      // By a key that was rotated in the meantime nobody signs in.
      const late = await consoleSessions.create({
        principal: { kind: 'api-key', key: rotated.key.record },
        ttlMs: HOUR,
      })
      expect(await consoleSessions.find(late.secret)).toBeNull()
    })

    test('of one person are twenty, and the oldest makes room', async () => {
      await using store = await opened()
      const { consoleSessions } = store.one
      const bob = await consoleSessions.create({ principal: { ...ANN, subjects: ['user:bob'] }, ttlMs: HOUR })
      vi.useFakeTimers({ toFake: ['Date'], now: Date.now() })
      const secrets: string[] = []
      for (let index = 0; index < 22; index += 1) {
        secrets.push((await consoleSessions.create({ principal: ANN, ttlMs: HOUR })).secret)
        later(1)
      }
      const found = await Promise.all(secrets.map((secret) => store.other.consoleSessions.find(secret)))
      expect(found.map((one) => one !== null)).toEqual(secrets.map((_, index) => index >= 2))
      expect(await consoleSessions.find(bob.secret)).not.toBeNull()
    })

    test('need somebody and an end', async () => {
      await using store = await opened()
      const { create } = store.one.consoleSessions
      for (const ttlMs of [0, -1, 1.5, NaN, Infinity, 31 * 24 * HOUR, '1']) {
        await expect(create({ principal: ANN, ttlMs: ttlMs as number })).rejects.toThrow(TypeError)
      }
      for (const principal of [
        { ...ANN, subjects: [] },
        { ...ANN, subjects: ['ann'] },
        { ...ANN, kind: 'root' },
        { kind: 'api-key' },
        null,
      ]) {
        expect(await codeOf(create({ principal: principal as never, ttlMs: HOUR }))).toBe(
          'ERR_REQUEST_INVALID',
        )
      }
    })
  })

  describe('the set-up', () => {
    test('makes one operator, whichever token of several comes first', async () => {
      await using store = await opened()
      expect(await store.one.setup.isNeeded()).toBe(true)
      const tokens = await Promise.all([store.one.setup.issue(), store.other.setup.issue()])
      const uses = [tokens[0], tokens[0], tokens[1], tokens[1]].map((token, index) =>
        (index % 2 ? store.one : store.other).setup.consume(
          token ?? '',
          { name: 'Ann' },
          { actor: 'set-up' },
        ),
      )
      const results = await Promise.allSettled(uses)
      const [made, ...more] = results.flatMap((each) => (each.status === 'fulfilled' ? [each.value] : []))
      expect(more).toEqual([])
      expect(await Promise.all(uses.map(codeOf))).toEqual(
        results.map(({ status }) => (status === 'fulfilled' ? NOTHING : 'ERR_SETUP_TOKEN_INVALID')),
      )
      expect(await store.one.apiKeys.authenticate(made?.key ?? '')).toMatchObject({
        workspaceId: null,
        role: 'owner',
        name: 'Ann',
      })
      expect([await store.one.setup.isNeeded(), await store.other.setup.issue()]).toEqual([false, null])
      const [entry] = (await store.one.auditLog.list()).items
      expect(entry).toMatchObject({ action: 'api_key.created', actor: 'set-up', workspaceId: null })
      expect((await store.one.apiKeys.list(null)).items).toHaveLength(1)
    })

    test('takes no other token, none that expired, and none once there is an operator', async () => {
      await using store = await opened()
      const { setup, members } = store.one
      const consume = (token: string): Promise<string> => codeOf(setup.consume(token, {}, BY))
      const early = (await setup.issue()) ?? ''
      for (const token of HOSTILE) expect(await consume(token)).toBe('ERR_SETUP_TOKEN_INVALID')
      later(HOUR)
      expect(await consume(early)).toBe('ERR_SETUP_TOKEN_INVALID')
      const fresh = (await setup.issue()) ?? ''
      expect(await codeOf(setup.consume(fresh, { name: '' }, BY))).toBe('ERR_REQUEST_INVALID')
      await members.create({ workspaceId: null, subject: 'user:viewer', role: 'viewer' }, BY)
      await members.create({ workspaceId: 'w', subject: 'user:owner', role: 'owner' }, BY)
      expect(await setup.isNeeded()).toBe(true)
      await members.create({ workspaceId: null, subject: 'user:ann', role: 'owner' }, BY)
      expect(await consume(fresh)).toBe('ERR_SETUP_TOKEN_INVALID')
      expect((await store.one.apiKeys.list(null)).items).toEqual([])
    })

    test('keeps ten tokens, of which the oldest makes room', async () => {
      await using store = await opened()
      const tokens: (string | null)[] = []
      vi.useFakeTimers({ toFake: ['Date'], now: Date.now() })
      for (let index = 0; index < 11; index += 1) {
        tokens.push(await store.one.setup.issue())
        later(1)
      }
      const consume = (token: string | null | undefined): Promise<string> =>
        codeOf(store.other.setup.consume(token ?? '', {}, BY))
      expect(await consume(tokens[0])).toBe('ERR_SETUP_TOKEN_INVALID')
      expect(await consume(tokens[1])).toBe(NOTHING)
    })
  })
}
