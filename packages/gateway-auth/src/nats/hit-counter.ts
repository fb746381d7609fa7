import type { RateWindow } from '../store/auth-store.ts'
import { decodeRecord, encodeRecord } from '../store/record-codec.ts'
import { unavailable } from './ask-nats.ts'
import { readEntry, writeEntry } from './entry.ts'
import type { Session } from './session.ts'

interface Waiting {
  readonly windowMs: number
  readonly resolve: (window: RateWindow) => void
  readonly reject: (error: unknown) => void
}

const MAX_WAITING = 10_000

/** Counts hits. Those of one key that come while one is being written are added together in the next write. */
export class HitCounter {
  readonly #session: Session
  readonly #waiting = new Map<string, Waiting[]>()
  #count = 0

  constructor(session: Session) {
    this.#session = session
  }

  async hit(digest: string, windowMs: number): Promise<RateWindow> {
    if (this.#count >= MAX_WAITING) throw unavailable('too many hits wait to be counted')
    this.#count += 1
    try {
      return await new Promise<RateWindow>((resolve, reject) => {
        const waiting = this.#waiting.get(digest)
        const one = { windowMs, resolve, reject }
        if (waiting === undefined) {
          this.#waiting.set(digest, [one])
          void this.#work(digest)
        } else {
          waiting.push(one)
        }
      })
    } finally {
      this.#count -= 1
    }
  }

  async #work(digest: string): Promise<void> {
    for (;;) {
      const batch = this.#waiting.get(digest) ?? []
      if (batch.length === 0) {
        this.#waiting.delete(digest)
        return
      }
      this.#waiting.set(digest, [])
      try {
        const { count, resetsAt } = await this.#add(digest, batch)
        for (const [index, { resolve }] of batch.entries()) {
          resolve(Object.freeze({ count: count - batch.length + index + 1, resetsAt }))
        }
      } catch (error) {
        for (const { reject } of batch) reject(error)
      }
    }
  }

  #add(digest: string, batch: readonly Waiting[]): Promise<RateWindow> {
    return this.#session.retry(async ({ buckets }) => {
      const entry = await readEntry(buckets.rates, digest)
      const now = Date.now()
      const stored = entry === null ? null : decodeRecord('rate', entry.text)
      const isLive = stored !== null && stored.resetsAt > now
      const next = {
        count: (isLive ? stored.count : 0) + batch.length,
        resetsAt: isLive ? stored.resetsAt : now + (batch[0] as Waiting).windowMs,
      }
      const isWritten = await writeEntry(buckets.rates, digest, encodeRecord('rate', next), entry)
      return isWritten ? next : undefined
    })
  }
}
