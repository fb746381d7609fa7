/** Keys of destroyed contexts that are remembered, and numbers of operations per node. */
const MAX_DESTROYED = 10_000
const MAX_NUMBERS = 4096
const MAX_NODES = 256

/**
 * What has been done already, so that it is neither done twice nor undone by a node that was away: the operations carried
 * out, the contexts destroyed, and those that this node keeps to itself since. Bounded; the oldest are forgotten.
 */
export interface Memory {
  carriedOut(node: string, number: number): void
  wasCarriedOut(node: string, number: number): boolean
  destroyed(key: string): void
  wasDestroyed(key: string): boolean
  withdrawn(key: string): void
  wasWithdrawn(key: string): boolean
}

export function createMemory(): Memory {
  const numbersOf = new Map<string, Set<number>>()
  const keys = new Set<string>()
  const withdrawnKeys = new Set<string>()
  return {
    carriedOut(node, number) {
      let numbers = numbersOf.get(node)
      if (numbers === undefined) {
        numbers = new Set()
        numbersOf.set(node, numbers)
        dropFirst(numbersOf, MAX_NODES)
      }
      numbers.add(number)
      dropFirst(numbers, MAX_NUMBERS)
    },
    wasCarriedOut: (node, number) => numbersOf.get(node)?.has(number) ?? false,
    destroyed(key) {
      keys.add(key)
      dropFirst(keys, MAX_DESTROYED)
    },
    wasDestroyed: (key) => keys.has(key),
    withdrawn(key) {
      withdrawnKeys.add(key)
      dropFirst(withdrawnKeys, MAX_DESTROYED)
    },
    wasWithdrawn: (key) => withdrawnKeys.has(key),
  }
}

function dropFirst<K>(
  collection: { readonly size: number; keys(): Iterator<K>; delete(key: K): boolean },
  max: number,
): void {
  if (collection.size <= max) return
  const first = collection.keys().next()
  if (first.done !== true) collection.delete(first.value)
}
