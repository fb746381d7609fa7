import { randomUUID } from 'node:crypto'
import { describe, expect, test } from 'vitest'
import type { Revocation } from '../revocation/revocation.ts'
import type { AuthStore, StoreSubscription } from '../store/auth-store.ts'
import type { OpenStores } from './opened-stores.ts'
import { HOSTILE_TEXTS } from './records.ts'

const SOON = { timeout: 5000, interval: 20 }

interface Watch extends AsyncDisposable {
  /** What this watcher knows: the last one heard of each kind and id. */
  readonly known: Map<string, Revocation>
  readonly states: boolean[]
  readonly subscription: StoreSubscription
}

async function watch(store: AuthStore): Promise<Watch> {
  const known = new Map<string, Revocation>()
  const states: boolean[] = []
  const subscription = await store.watchRevocations(
    (each) => known.set(`${each.kind} ${each.id}`, each),
    (isCurrent) => states.push(isCurrent),
  )
  return { known, states, subscription, [Symbol.asyncDispose]: () => subscription.close() }
}

function revocation(changes: Partial<Revocation> = {}): Revocation {
  const now = Date.now()
  return { kind: 'client', id: randomUUID(), at: now, expiresAt: now + 60_000, ...changes }
}

export function revocationContract(open: OpenStores): void {
  describe('revocations', () => {
    test('one that was made before is told before the watch resolves', async () => {
      await using opened = await open()
      const [one, other] = opened.stores
      const made = [revocation(), revocation({ kind: 'family' }), revocation({ kind: 'token' })]
      for (const each of made) await one.addRevocation(each)
      await using watching = await watch(other)
      expect([...watching.known.values()].toSorted(byId)).toEqual(made.toSorted(byId))
      expect(watching.states).toEqual([true])
    })

    test('a watch of nothing resolves and is up to date', async () => {
      await using opened = await open()
      await using watching = await watch(opened.stores[0])
      expect(watching.known.size).toBe(0)
      expect(watching.states).toEqual([true])
    })

    test('a new one reaches every watcher of every handle', async () => {
      await using opened = await open()
      const [one, other] = opened.stores
      await using first = await watch(one)
      await using second = await watch(one)
      await using third = await watch(other)
      const made = revocation({ kind: 'family' })
      await other.addRevocation(made)
      for (const { known } of [first, second, third]) {
        await expect.poll(() => known.get(`family ${made.id}`), SOON).toEqual(made)
      }
    })

    test('100 at once from both handles all arrive', async () => {
      await using opened = await open()
      const [one, other] = opened.stores
      await using first = await watch(one)
      await using second = await watch(other)
      const made = Array.from({ length: 100 }, () => revocation({ kind: 'token' }))
      await Promise.all(made.map((each, index) => (index % 2 === 0 ? one : other).addRevocation(each)))
      await expect.poll(() => first.known.size, SOON).toBe(100)
      await expect.poll(() => second.known.size, SOON).toBe(100)
    })

    test('the same id of two kinds is two revocations', async () => {
      await using opened = await open()
      const [store] = opened.stores
      await store.addRevocation(revocation({ kind: 'client', id: 'same' }))
      await store.addRevocation(revocation({ kind: 'token', id: 'same' }))
      await using watching = await watch(store)
      expect([...watching.known.keys()].toSorted()).toEqual(['client same', 'token same'])
    })

    test('an id of any text is told unchanged', async () => {
      await using opened = await open()
      const [one, other] = opened.stores
      await Promise.all(HOSTILE_TEXTS.map((id) => one.addRevocation(revocation({ id }))))
      await using watching = await watch(other)
      expect([...watching.known.values()].map((each) => each.id).toSorted()).toEqual(HOSTILE_TEXTS.toSorted())
    })

    test('of two of one thing the latest time and the latest end are kept', async () => {
      await using opened = await open()
      const [one, other] = opened.stores
      const first = revocation({ id: 'both' })
      await using early = await watch(one)
      await one.addRevocation(first)
      await other.addRevocation({ ...first, at: first.at + 5, expiresAt: first.expiresAt - 1000 })
      await one.addRevocation({ ...first, at: first.at - 5, expiresAt: first.expiresAt + 1000 })
      await using late = await watch(other)
      const kept = { ...first, at: first.at + 5, expiresAt: first.expiresAt + 1000 }
      expect(late.known.get('client both')).toEqual(kept)
      await expect.poll(() => early.known.get('client both'), SOON).toEqual(kept)
    })

    test('of 20 at once of one thing the maxima are kept', async () => {
      await using opened = await open()
      const first = revocation({ id: 'many' })
      await Promise.all(
        Array.from({ length: 20 }, (_, index) =>
          opened.stores[index % 2 === 0 ? 0 : 1].addRevocation({
            ...first,
            at: first.at + index,
            expiresAt: first.expiresAt + 20 - index,
          }),
        ),
      )
      await using watching = await watch(opened.stores[1])
      expect(watching.known.get('client many')).toEqual({
        ...first,
        at: first.at + 19,
        expiresAt: first.expiresAt + 20,
      })
    })

    test('one that ended is not told to a new watcher', async () => {
      await using opened = await open()
      const [one, other] = opened.stores
      await one.addRevocation(revocation({ id: 'over', expiresAt: Date.now() - 1 }))
      await one.addRevocation(revocation({ id: 'live' }))
      await using watching = await watch(other)
      expect([...watching.known.keys()]).toEqual(['client live'])
    })

    test('a closed watch hears nothing more, and the others still do', async () => {
      await using opened = await open()
      const [one, other] = opened.stores
      await using closed = await watch(one)
      await using staying = await watch(one)
      await closed.subscription.close()
      await closed.subscription.close()
      await other.addRevocation(revocation())
      await expect.poll(() => staying.known.size, SOON).toBe(1)
      expect(closed.known.size).toBe(0)
    })

    test('a time that is none is a mistake of the calling code', async () => {
      await using opened = await open()
      const [store] = opened.stores
      await expect(store.addRevocation(revocation({ at: NaN }))).rejects.toThrow(TypeError)
      await expect(store.addRevocation(revocation({ expiresAt: 1.5 }))).rejects.toThrow(TypeError)
      await expect(store.addRevocation(revocation({ id: 'x'.repeat(513) }))).rejects.toThrow(TypeError)
    })
  })
}

function byId(one: Revocation, other: Revocation): number {
  return one.id < other.id ? -1 : 1
}
