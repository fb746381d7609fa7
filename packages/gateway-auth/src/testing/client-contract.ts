import { describe, expect, test } from 'vitest'
import type { AuthStore } from '../store/auth-store.ts'
import type { OpenStores } from './opened-stores.ts'
import { clientRecord, HOSTILE_TEXTS, inserted, ROOM } from './records.ts'

export function clientContract(open: OpenStores): void {
  describe('clients', () => {
    test('an inserted client is found as it was, through every handle', async () => {
      await using opened = await open()
      const [one, other] = opened.stores
      const client = clientRecord({
        publicKey: '-----BEGIN PUBLIC KEY-----\nMCow\n-----END PUBLIC KEY-----\n',
      })
      expect(await one.insertClient(client, ROOM)).toBe('inserted')
      expect((await one.findClient(client.clientId))?.value).toEqual(client)
      expect((await other.findClient(client.clientId))?.value).toEqual(client)
    })

    test('a list of 64 capabilities of 64 characters comes back whole and in order', async () => {
      await using opened = await open()
      const [store] = opened.stores
      const capabilities = Array.from({ length: 64 }, (_, index) =>
        `${index}:`.padEnd(64, '\u{1f600}"\\').slice(0, 64),
      )
      const { client } = await inserted(store, { capabilities })
      expect((await store.findClient(client.clientId))?.value.capabilities).toEqual(capabilities)
    })

    test('text of any kind comes back unchanged', async () => {
      await using opened = await open()
      const [store] = opened.stores
      const { client } = await inserted(store, { capabilities: HOSTILE_TEXTS, name: HOSTILE_TEXTS.join('|') })
      expect((await store.findClient(client.clientId))?.value).toEqual(client)
    })

    test('an unknown id finds nothing, whatever it looks like', async () => {
      await using opened = await open()
      const [store] = opened.stores
      const { client } = await inserted(store)
      const { clientId } = client
      for (const id of [
        ...HOSTILE_TEXTS,
        clientId.slice(0, -1),
        `${clientId}0`,
        clientId.toUpperCase(),
        `*${clientId}`,
      ]) {
        expect([id, await store.findClient(id)]).toEqual([id, null])
        expect([id, await store.deleteClient(id)]).toEqual([id, false])
      }
      expect((await store.findClient(clientId))?.value).toEqual(client)
    })

    test.each(['', 'a b', 'a\0b', 'é', '\ud800', 'x'.repeat(129)])(
      'the id %j cannot be stored: a mistake of the calling code',
      async (id) => {
        await using opened = await open()
        const [store] = opened.stores
        await expect(store.insertClient(clientRecord({ clientId: id }), ROOM)).rejects.toThrow(TypeError)
        await expect(store.insertClient(clientRecord({ namespaceId: id }), ROOM)).rejects.toThrow(TypeError)
      },
    )

    test.each(['__proto__', 'constructor', "c_'x", 'c_a.b', 'c_*', 'c_>', '$KV.x', '=Yy5i', '%', '_'])(
      'the id %j is an id like any other',
      async (id) => {
        await using opened = await open()
        const [one, other] = opened.stores
        expect(await other.findClient(id)).toBeNull()
        const { client, version } = await inserted(one, { clientId: id, namespaceId: id })
        expect((await other.listClients({ namespaceId: id, limit: 10 })).clients).toEqual([client])
        expect(await other.replaceClient({ ...client, name: 'other' }, version)).toBe(true)
        expect(await other.deleteClient(id)).toBe(true)
        expect(await one.findClient(id)).toBeNull()
      },
    )

    test('what a caller does with its record does not change the store', async () => {
      await using opened = await open()
      const [store] = opened.stores
      const capabilities = ['one']
      const { client } = await inserted(store, { capabilities })
      capabilities.push('two')
      const found = (await store.findClient(client.clientId))?.value as unknown as {
        name: string
        capabilities: string[]
      }
      attempt(() => (found.name = 'changed'))
      attempt(() => found.capabilities.push('three'))
      expect((await store.findClient(client.clientId))?.value).toEqual({ ...client, capabilities: ['one'] })
    })

    test('an id is taken once, also by 20 callers at once', async () => {
      await using opened = await open()
      const client = clientRecord()
      const results = await Promise.all(
        spread(opened.stores, 20).map((store, index) =>
          store.insertClient({ ...client, name: `n${index}` }, ROOM),
        ),
      )
      expect(results.toSorted()).toEqual([...Array.from({ length: 19 }, () => 'exists'), 'inserted'])
      expect(await opened.stores[0].insertClient({ ...client, namespaceId: 'another' }, ROOM)).toBe('exists')
    })

    test('a namespace takes no more than its maximum, also from 20 callers at once', async () => {
      await using opened = await open()
      const limits = { maxPerNamespace: 3, maxClients: 100 }
      const results = await Promise.all(
        spread(opened.stores, 20).map((store) =>
          store.insertClient(clientRecord({ namespaceId: 'crowded' }), limits),
        ),
      )
      expect(results.filter((result) => result === 'inserted')).toHaveLength(3)
      expect(results.filter((result) => result === 'namespace_full')).toHaveLength(17)
      expect(await opened.stores[1].insertClient(clientRecord({ namespaceId: 'roomy' }), limits)).toBe(
        'inserted',
      )
    })

    test('the store takes no more than its maximum, also from 20 callers at once', async () => {
      await using opened = await open()
      const limits = { maxPerNamespace: 100, maxClients: 5 }
      const results = await Promise.all(
        spread(opened.stores, 20).map((store) => store.insertClient(clientRecord(), limits)),
      )
      expect(results.filter((result) => result === 'inserted')).toHaveLength(5)
      expect(results.filter((result) => result === 'store_full')).toHaveLength(15)
    })

    test.each([NaN, -1, 1.5, undefined])('a bound of %s is a mistake of the calling code', async (bound) => {
      await using opened = await open()
      const [store] = opened.stores
      for (const limits of [
        { ...ROOM, maxClients: bound as number },
        { ...ROOM, maxPerNamespace: bound as number },
      ]) {
        await expect(store.insertClient(clientRecord(), limits)).rejects.toThrow(TypeError)
      }
    })

    test.each([
      { createdAt: NaN },
      { disabledAt: 1.5 },
      { capabilities: [1] },
      { tier: 'gold' },
      { name: undefined },
      { secretHash: null },
    ])('a record with %j is a mistake of the calling code, told without its values', async (wrong) => {
      await using opened = await open()
      const [store] = opened.stores
      const client = { ...clientRecord(), ...wrong } as never
      await expect(store.insertClient(client, ROOM)).rejects.toThrow(
        new TypeError(`"client" has a wrong ${Object.keys(wrong)[0]}${'capabilities' in wrong ? '.0' : ''}`),
      )
      expect((await store.listClients({ limit: 10 })).clients).toEqual([])
    })

    test('a client that moved to another namespace by way of a deletion is found there', async () => {
      await using opened = await open()
      const [one, other] = opened.stores
      const { client } = await inserted(one)
      await other.deleteClient(client.clientId)
      expect(await one.findClient(client.clientId)).toBeNull()
      await other.insertClient({ ...client, namespaceId: 'elsewhere' }, ROOM)
      expect((await one.findClient(client.clientId))?.value.namespaceId).toBe('elsewhere')
    })

    test('a deleted client makes room, and its id is free again', async () => {
      await using opened = await open()
      const [one, other] = opened.stores
      const limits = { maxPerNamespace: 1, maxClients: 1 }
      const first = clientRecord({ namespaceId: 'n' })
      expect(await one.insertClient(first, limits)).toBe('inserted')
      expect(await other.insertClient(clientRecord({ namespaceId: 'n' }), limits)).toBe('namespace_full')
      expect(await other.deleteClient(first.clientId)).toBe(true)
      expect(await one.deleteClient(first.clientId)).toBe(false)
      expect(await one.findClient(first.clientId)).toBeNull()
      expect(await one.insertClient(first, limits)).toBe('inserted')
      expect((await other.findClient(first.clientId))?.value).toEqual(first)
    })

    test('of 20 deletions at once one is told that there was a client', async () => {
      await using opened = await open()
      const { client } = await inserted(opened.stores[0])
      const results = await Promise.all(
        spread(opened.stores, 20).map((store) => store.deleteClient(client.clientId)),
      )
      expect(results.filter(Boolean)).toHaveLength(1)
    })

    test('a replacement needs the current version', async () => {
      await using opened = await open()
      const [one, other] = opened.stores
      const { client, version } = await inserted(one)
      expect(await other.replaceClient({ ...client, tier: 'pro' }, version)).toBe(true)
      expect(await one.replaceClient({ ...client, tier: 'enterprise' }, version)).toBe(false)
      const found = await one.findClient(client.clientId)
      expect(found?.value.tier).toBe('pro')
      expect(found?.version).not.toBe(version)
      for (const wrong of ['', '0', '-1', 'x', "'", '1e3', '99999999999999999999', `${found?.version}0`]) {
        const isReplaced = await one.replaceClient({ ...client, tier: 'enterprise' }, wrong)
        expect([wrong, isReplaced]).toEqual([wrong, false])
      }
    })

    test('of 50 replacements at once with one version one succeeds', async () => {
      await using opened = await open()
      const { client, version } = await inserted(opened.stores[0])
      const results = await Promise.all(
        spread(opened.stores, 50).map((store, index) =>
          store.replaceClient({ ...client, name: `n${index}` }, version),
        ),
      )
      expect(results.filter(Boolean)).toHaveLength(1)
      const found = await opened.stores[1].findClient(client.clientId)
      expect(found?.value.name).toBe(`n${results.indexOf(true)}`)
    })

    test('a version from before a deletion replaces nothing, also once the id is taken again', async () => {
      await using opened = await open()
      const [store] = opened.stores
      const { client, version } = await inserted(store)
      await store.deleteClient(client.clientId)
      expect(await store.replaceClient({ ...client, name: 'late' }, version)).toBe(false)
      expect(await store.findClient(client.clientId)).toBeNull()
      await store.insertClient(client, ROOM)
      expect(await store.replaceClient({ ...client, name: 'late' }, version)).toBe(false)
      expect((await store.findClient(client.clientId))?.value.name).toBe(client.name)
    })

    test('a replacement moves no client to another namespace', async () => {
      await using opened = await open()
      const [store] = opened.stores
      const { client, version } = await inserted(store)
      expect(await store.replaceClient({ ...client, namespaceId: 'elsewhere' }, version)).toBe(false)
      expect((await store.findClient(client.clientId))?.value.namespaceId).toBe(client.namespaceId)
    })

    test('starting again keeps what is there', async () => {
      await using opened = await open()
      const [store] = opened.stores
      const { client } = await inserted(store)
      await Promise.all([store.start(), store.start()])
      expect((await store.findClient(client.clientId))?.value).toEqual(client)
    })

    test('closing twice is fine', async () => {
      await using opened = await open()
      const [store] = opened.stores
      await Promise.all([store.close(), store.close()])
      await store.close()
    })
  })
}

/** Both handles in turn. */
export function spread(stores: readonly [AuthStore, AuthStore], count: number): AuthStore[] {
  return Array.from({ length: count }, (_, index) => stores[index % 2 === 0 ? 0 : 1])
}

/** A frozen record is one good way to keep the promise. */
function attempt(change: () => void): void {
  try {
    change()
  } catch {
    // Frozen.
  }
}
