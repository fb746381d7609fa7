import { randomBytes } from 'node:crypto'
import type { KV } from '@nats-io/kv'

/**
 * Exclusive ownership of one actor type by a key in a KV bucket whose entries expire. Held while it is renewed; whoever
 * creates the key next has it.
 */
export class Lease {
  readonly #key: string
  readonly #owner: string = randomBytes(12).toString('base64url')
  #revision = 0

  constructor(key: string) {
    this.#key = key
  }

  /**
   * Takes or renews the lease. `taken` says that somebody else may have held it in between.
   *
   * @returns null when another owner has it
   */
  async hold(leases: KV): Promise<{ taken: boolean } | null> {
    const isRenewal = this.#revision > 0
    if (isRenewal) {
      if (await this.#write(() => leases.update(this.#key, this.#owner, this.#revision)))
        return { taken: false }
    }
    if (await this.#write(() => leases.create(this.#key, this.#owner))) return { taken: true }
    // The answer to an earlier write may have been lost on the way: then the entry is ours.
    const entry = await leases.get(this.#key)
    if (entry?.operation === 'PUT' && entry.string() === this.#owner) {
      if (await this.#write(() => leases.update(this.#key, this.#owner, entry.revision)))
        return { taken: !isRenewal }
    }
    this.#revision = 0
    return null
  }

  /** Lets go, so that a stand-by need not wait for the expiry. */
  async release(leases: KV): Promise<void> {
    if (this.#revision === 0) return
    const revision = this.#revision
    this.#revision = 0
    try {
      await leases.delete(this.#key, { previousSeq: revision })
    } catch {
      // Away or lost already: it expires by itself.
    }
  }

  /** False when somebody else wrote the key, or it expired. */
  async #write(write: () => Promise<number>): Promise<boolean> {
    try {
      this.#revision = await write()
      return true
    } catch (error) {
      if (isWrongRevision(error)) return false
      throw error
    }
  }
}

/** `wrong last sequence`, with and without the sequence in it. */
function isWrongRevision(error: unknown): boolean {
  const code = (error as { code?: unknown } | null)?.code
  return code === 10071 || code === 10164
}
