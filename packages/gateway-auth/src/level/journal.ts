import type { ClassicLevel } from 'classic-level'
import { GatewayAuthError } from '../errors.ts'
import type { OnRecordChange } from '../store/auth-records.ts'
import { encodeRecord } from '../store/record-codec.ts'

type Operation = { type: 'put'; key: string; value: string } | { type: 'del'; key: string }

/** Changes that wait for the disk. Past it operations are refused until it caught up. */
const MAX_PENDING = 10_000

/**
 * Writes changes in the order they were made, those that come while one batch is being written together in the next:
 * however many callers wait, the disk is asked to flush once for all of them.
 */
export class Journal {
  readonly #db: ClassicLevel
  readonly #sync: boolean
  #pending: Operation[] = []
  #mustSync = false
  #writing: Promise<void> | undefined
  #scheduled: Promise<void> | undefined
  #failure: unknown

  constructor(db: ClassicLevel, sync: boolean) {
    this.#db = db
    this.#sync = sync
  }

  /** Whether a batch was lost. What is in memory is then ahead of the disk, and must be read anew. */
  get hasFailed(): boolean {
    return this.#failure !== undefined
  }

  /** @throws GatewayAuthError `ERR_AUTH_STORE_UNAVAILABLE` while too much waits */
  assertRoom(): void {
    if (this.#pending.length >= MAX_PENDING) {
      throw new GatewayAuthError('ERR_AUTH_STORE_UNAVAILABLE', 'the disk cannot keep up with the changes')
    }
  }

  readonly add: OnRecordChange = (kind, entry, value) => {
    const key = `${kind}!${entry}`
    this.#pending.push(
      value === null ? { type: 'del', key } : { type: 'put', key, value: encodeRecord(kind, value) },
    )
    // A window that a power failure takes back costs nothing worth a flush per request.
    if (kind !== 'rate') this.#mustSync = true
  }

  /** Resolves when everything added so far is written. */
  commit(): Promise<void> {
    if (this.#failure !== undefined) return Promise.reject(unwritten(this.#failure))
    if (this.#pending.length === 0) return this.#writing ?? Promise.resolve()
    this.#scheduled ??= (this.#writing ?? Promise.resolve()).then(() => this.#write())
    return this.#scheduled
  }

  #write(): Promise<void> {
    const batch = this.#pending
    const sync = this.#sync && this.#mustSync
    this.#pending = []
    this.#mustSync = false
    this.#writing = this.#scheduled
    this.#scheduled = undefined
    return this.#db.batch(batch, { sync }).then(
      () => {
        if (this.#scheduled === undefined) this.#writing = undefined
      },
      (error: unknown) => {
        this.#failure = error
        throw unwritten(error)
      },
    )
  }
}

function unwritten(cause: unknown): GatewayAuthError {
  return new GatewayAuthError('ERR_AUTH_STORE_UNAVAILABLE', 'the change was not written', { cause })
}
