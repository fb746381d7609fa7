import { ExpiryQueue } from './expiry-queue.ts'

interface Entry<V> {
  value: V
  expiresAt: number
  /** Where the key stands in the queue; may be before `expiresAt`, never after. */
  queuedFor: number
}

// Bounds what one call pays for entries that ended meanwhile.
const MOST_REMOVED_PER_CALL = 256

/** A bounded map whose entries end. An entry counts as absent from its end on, whether removed yet or not. */
export class ExpiringMap<V> {
  readonly #entries = new Map<string, Entry<V>>()
  readonly #queue = new ExpiryQueue()
  readonly #maxEntries: number
  readonly #onRemoved: ((key: string) => void) | undefined

  constructor(maxEntries: number, onRemoved?: (key: string) => void) {
    this.#maxEntries = maxEntries
    this.#onRemoved = onRemoved
  }

  get(key: string, now: number): V | undefined {
    const entry = this.#entries.get(key)
    return entry !== undefined && entry.expiresAt > now ? entry.value : undefined
  }

  /** False when the map is full of other live entries; then nothing changed. */
  set(key: string, value: V, expiresAt: number, now: number): boolean {
    this.#removeEnded(now)
    const existing = this.#entries.get(key)
    if (existing === undefined && this.#entries.size >= this.#maxEntries) return false
    const staysQueued = existing !== undefined && existing.queuedFor <= expiresAt
    const queuedFor = staysQueued ? existing.queuedFor : expiresAt
    this.#entries.set(key, { value, expiresAt, queuedFor })
    // An entry that is replaced often stands in the queue once, and moves back when its turn comes.
    if (!staysQueued) this.#queue.push(key, queuedFor)
    return true
  }

  /** The live values. */
  *values(now: number): IterableIterator<V> {
    for (const entry of this.#entries.values()) if (entry.expiresAt > now) yield entry.value
  }

  #removeEnded(now: number): void {
    // A full map goes on until there is room or until nothing more has ended.
    for (let count = 0; count < MOST_REMOVED_PER_CALL || this.#entries.size >= this.#maxEntries; count++) {
      const item = this.#queue.popEnded(now)
      if (item === undefined) return
      const entry = this.#entries.get(item.key)
      if (entry === undefined || entry.queuedFor !== item.at) continue
      if (entry.expiresAt > now) {
        entry.queuedFor = entry.expiresAt
        this.#queue.push(item.key, entry.expiresAt)
      } else {
        this.#entries.delete(item.key)
        this.#onRemoved?.(item.key)
      }
    }
  }
}
