import type { KvEntry } from '@nats-io/kv'
import type { QueuedIterator } from '@nats-io/transport-node'
import type { Revocation } from '../revocation/revocation.ts'
import type { StoreSubscription } from '../store/auth-store.ts'
import { decodeRecord } from '../store/record-codec.ts'
import { callBack } from '../store/revocation-watchers.ts'
import { unavailable } from './ask-nats.ts'
import type { Session } from './session.ts'

/** How often the watch is compared with its bucket. */
const CHECK_MS = 5000
const RETRY_MS = 250

/**
 * Tells the revocations of a bucket, and begins anew, with all of them, whenever it may have missed one: after the
 * connection was down, when the server does not answer, and when the bucket has what did not arrive.
 */
export class RevocationWatch implements StoreSubscription {
  readonly #session: Session
  readonly #onRevocation: (revocation: Revocation) => void
  readonly #onState: ((isCurrent: boolean) => void) | undefined
  readonly #stopListening: () => void
  #entries: QueuedIterator<KvEntry> | undefined
  #isCurrent: boolean | undefined
  #isClosed = false
  #generation = 0
  /** When the bucket was made whose entries are read. */
  #created = ''
  #lastSeen = 0
  #timer: NodeJS.Timeout | undefined

  constructor(
    session: Session,
    onRevocation: (revocation: Revocation) => void,
    onState: ((isCurrent: boolean) => void) | undefined,
  ) {
    this.#session = session
    this.#onRevocation = onRevocation
    this.#onState = onState
    this.#stopListening = session.state.onChange((isUp) => {
      if (isUp) this.#restart(0)
      else this.#setCurrent(false)
    })
  }

  /** Resolves when everything stored has been told. */
  async open(): Promise<void> {
    try {
      await this.#begin(++this.#generation)
      // After an interruption another beginning is under way, and nobody waits for it.
      if (this.#isCurrent !== true) throw unavailable('the watch was interrupted before all was told')
    } catch (error) {
      await this.close()
      throw error
    }
  }

  async close(): Promise<void> {
    this.#isClosed = true
    this.#generation += 1
    clearTimeout(this.#timer)
    this.#stopListening()
    this.#entries?.stop()
  }

  async #begin(generation: number): Promise<void> {
    this.#entries?.stop()
    const { entries, stored, created } = await this.#session.ask(async ({ jsm, buckets }) => {
      const info = await jsm.streams.info(buckets.revocations.stream)
      return { entries: await buckets.revocations.kv.watch(), stored: info.state, created: info.created }
    })
    if (generation !== this.#generation) {
      entries.stop()
      return
    }
    this.#entries = entries
    this.#created = created
    this.#lastSeen = 0
    await this.#caughtUp(entries, generation, stored.messages === 0)
    if (generation !== this.#generation) return
    // The last one may have been removed by hand: then it does not arrive, and is not missing.
    this.#lastSeen = Math.max(this.#lastSeen, stored.last_seq)
    this.#setCurrent(true)
    this.#scheduleCheck(generation, 0)
  }

  /** Reads the entries from now on; resolves with the last of those that were there. */
  #caughtUp(entries: QueuedIterator<KvEntry>, generation: number, isEmpty: boolean): Promise<void> {
    return new Promise((resolve, reject) => {
      const timer = setTimeout(
        () => reject(unavailable('the revocations stopped arriving')),
        2 * this.#session.settings.timeoutMs,
      )
      const finish = (): void => {
        clearTimeout(timer)
        resolve()
      }
      const read = async (): Promise<void> => {
        for await (const entry of entries) {
          if (generation !== this.#generation) break
          timer.refresh()
          this.#tell(entry)
          this.#lastSeen = entry.revision
          if (entry.delta === 0) finish()
        }
        finish()
        if (generation === this.#generation) this.#restart(RETRY_MS)
      }
      read().catch((error: unknown) => {
        clearTimeout(timer)
        reject(error)
        if (generation === this.#generation) this.#restart(RETRY_MS)
      })
      if (isEmpty) finish()
    })
  }

  #tell(entry: KvEntry): void {
    if (entry.operation !== 'PUT') return
    let revocation: Revocation
    try {
      revocation = decodeRecord('revocation', entry.string())
    } catch {
      // Not ours to judge what another version wrote; it must not end the watch.
      return
    }
    if (revocation.expiresAt > Date.now()) callBack(this.#onRevocation, revocation)
  }

  #restart(afterMs: number): void {
    if (this.#isClosed) return
    const generation = ++this.#generation
    this.#entries?.stop()
    this.#setCurrent(false)
    this.#schedule(afterMs, () =>
      this.#begin(generation).catch(() => {
        if (generation === this.#generation) this.#restart(RETRY_MS)
      }),
    )
  }

  #scheduleCheck(generation: number, behindAt: number): void {
    this.#schedule(CHECK_MS, async () => {
      try {
        const { state, created } = await this.#session.ask(({ jsm, buckets }) =>
          jsm.streams.info(buckets.revocations.stream),
        )
        if (generation !== this.#generation) return
        // Made anew, or put back from a backup: from here on nothing arrives.
        const isAnother = created !== this.#created || state.last_seq < this.#lastSeen
        const isBehind = state.last_seq > this.#lastSeen && state.messages > 0
        // What is on its way has arrived by the next check.
        if (isAnother || (isBehind && state.last_seq === behindAt)) this.#restart(0)
        else this.#scheduleCheck(generation, isBehind ? state.last_seq : 0)
      } catch {
        if (generation === this.#generation) this.#restart(RETRY_MS)
      }
    })
  }

  #schedule(afterMs: number, action: () => Promise<void>): void {
    clearTimeout(this.#timer)
    this.#timer = setTimeout(() => void action(), afterMs)
    this.#timer.unref()
  }

  #setCurrent(isCurrent: boolean): void {
    if (this.#isClosed || this.#isCurrent === isCurrent) return
    this.#isCurrent = isCurrent
    if (this.#onState !== undefined) callBack(this.#onState, isCurrent)
  }
}
