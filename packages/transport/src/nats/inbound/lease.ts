import type { KV } from '@nats-io/kv'

/**
 * Exclusive ownership of one actor type by a key in a KV bucket whose entries expire. Held while it is renewed; whoever
 * creates the key next has it.
 */
export class Lease {
  readonly #key: string
  readonly #owner: string
  #revision = 0

  constructor(key: string, owner: string) {
    this.#key = key
    this.#owner = owner
  }

  /**
   * Takes or renews the lease. `taken` says that somebody else may have held it in between.
   *
   * @returns null when another owner has it
   */
  async hold(leases: KV): Promise<{ taken: boolean } | null> {
    if (this.#revision > 0) {
      try {
        this.#revision = await leases.update(this.#key, this.#owner, this.#revision)
        return { taken: false }
      } catch (error) {
        if (!isWrongRevision(error)) throw error
        this.#revision = 0
      }
    }
    try {
      this.#revision = await leases.create(this.#key, this.#owner)
      return { taken: true }
    } catch (error) {
      if (!isWrongRevision(error)) throw error
      return null
    }
  }

  /** Lets go, so that a stand-by need not wait for the expiry. */
  async release(open: () => Promise<KV>): Promise<void> {
    if (this.#revision === 0) return
    const revision = this.#revision
    this.#revision = 0
    try {
      await (await open()).delete(this.#key, { previousSeq: revision })
    } catch {
      // Away or lost already: it expires by itself.
    }
  }
}

/** `wrong last sequence`: somebody else wrote the key, or it expired. */
function isWrongRevision(error: unknown): boolean {
  return (error as { code?: unknown } | null)?.code === 10071
}
