import { describe, expect, test } from 'vitest'
import type { ClientRecord } from '../client/client-record.ts'
import type { AuthStore } from '../store/auth-store.ts'
import type { OpenStores } from './opened-stores.ts'
import { clientRecord, HOSTILE_TEXTS, inserted, ROOM } from './records.ts'

// Ordered as text, not as words of a language: capitals, digits and underscores tell them apart.
const IDS = ['A', 'B', 'Z', '_a', 'a', 'a-b', 'a.b', 'aa', 'b', 'c_1', 'c_10', 'c_2', '~'].toSorted()

export function clientListContract(open: OpenStores): void {
  describe('lists of clients', () => {
    test('pages hold every client once, in the order of the ids', async () => {
      await using opened = await open()
      const [one, other] = opened.stores
      for (const clientId of IDS.toReversed()) await inserted(one, { clientId, namespaceId: 'n' })
      for (const limit of [1, 3, IDS.length - 1, IDS.length, IDS.length + 1, 1000]) {
        expect((await listAll(other, limit)).map((client) => client.clientId)).toEqual(IDS)
        expect((await listAll(other, limit, 'n')).map((client) => client.clientId)).toEqual(IDS)
      }
    })

    test('a namespace lists its own clients only', async () => {
      await using opened = await open()
      const [store] = opened.stores
      const clients = await Promise.all(
        ['a', 'b', 'a', 'ab', 'b'].map(
          async (namespaceId) => (await inserted(store, { namespaceId })).client,
        ),
      )
      for (const namespaceId of ['a', 'b', 'ab', 'none', '*', '>', '%', '_', ...HOSTILE_TEXTS]) {
        const found = await store.listClients({ namespaceId, limit: 1000 })
        const own = clients.filter((client) => client.namespaceId === namespaceId)
        expect([namespaceId, found.clients]).toEqual([
          namespaceId,
          own.toSorted((one, other) => (one.clientId < other.clientId ? -1 : 1)),
        ])
        expect(found.next).toBeNull()
      }
    })

    test('an empty store has one empty page', async () => {
      await using opened = await open()
      expect(await opened.stores[0].listClients({ limit: 10 })).toEqual({ clients: [], next: null })
    })

    test('a page goes on after an id that is gone meanwhile', async () => {
      await using opened = await open()
      const [store] = opened.stores
      for (const clientId of ['a', 'b', 'c']) await inserted(store, { clientId })
      const page = await store.listClients({ limit: 2, after: null })
      expect(page.next).toBe('b')
      await store.deleteClient('b')
      const left = await store.listClients({ limit: 10 })
      expect(left.clients.map((client) => client.clientId)).toEqual(['a', 'c'])
      const rest = await store.listClients({ limit: 2, after: page.next })
      expect(rest.clients.map((client) => client.clientId)).toEqual(['c'])
    })

    test('an id to go on after that no client can have gives an empty page', async () => {
      await using opened = await open()
      const [store] = opened.stores
      await inserted(store)
      for (const after of ['\0', '\ud800', 'é', 'x'.repeat(5000)]) {
        expect(await store.listClients({ after, limit: 10 })).toEqual({ clients: [], next: null })
      }
    })

    test.each([0, -1, 1.5, NaN, Infinity, 1001, '5'])(
      'a page of %j clients is a mistake of the calling code',
      async (limit) => {
        await using opened = await open()
        await expect(opened.stores[0].listClients({ limit: limit as number })).rejects.toThrow(TypeError)
      },
    )

    test('a list shows replaced records', async () => {
      await using opened = await open()
      const [store] = opened.stores
      const client = clientRecord()
      await store.insertClient(client, ROOM)
      const found = await store.findClient(client.clientId)
      await store.replaceClient({ ...client, disabledAt: 5 }, found?.version ?? '')
      expect((await store.listClients({ limit: 10 })).clients).toEqual([{ ...client, disabledAt: 5 }])
    })
  })
}

async function listAll(store: AuthStore, limit: number, namespaceId?: string): Promise<ClientRecord[]> {
  const clients: ClientRecord[] = []
  let after: string | null = null
  do {
    const page = await store.listClients({ namespaceId, after, limit })
    expect(page.clients.length).toBeLessThanOrEqual(limit)
    clients.push(...page.clients)
    after = page.next
  } while (after !== null)
  return clients
}
