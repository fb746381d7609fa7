import { TransportError } from '../errors.ts'
import type { TransportState, TransportStatus } from '../transport.ts'
import { callBack } from './call-back.ts'

/** The state of a transport, who wants to hear of it, and the promise of its end. */
export class StatusBoard {
  readonly closed: Promise<Error | undefined>
  #resolveClosed!: (error: Error | undefined) => void
  #state: TransportState = 'idle'
  #since = Date.now()
  #error: Error | undefined
  readonly #listeners = new Set<() => void>()

  constructor() {
    this.closed = new Promise((resolve) => {
      this.#resolveClosed = resolve
    })
  }

  get state(): TransportState {
    return this.#state
  }

  get error(): Error | undefined {
    return this.#error
  }

  /** Moves to a state and tells the listeners. Nothing follows `closed`. */
  set(state: TransportState, error?: Error): void {
    if (this.#state === 'closed') return
    const changed = state !== this.#state
    this.#error = error
    if (!changed) return
    this.#state = state
    this.#since = Date.now()
    for (const listener of this.#listeners) callBack(listener)
  }

  close(error?: Error): void {
    this.set('closed', error)
    this.#resolveClosed(error)
  }

  listen(listener: () => void): () => void {
    this.#listeners.add(listener)
    return () => this.#listeners.delete(listener)
  }

  snapshot(rest: Pick<TransportStatus, 'pendingCount' | 'pendingBytes' | 'drift'>): TransportStatus {
    return { state: this.#state, since: this.#since, error: this.#error, ...rest }
  }

  assertNotClosed(): void {
    if (this.#state === 'closed') throw new TransportError('ERR_TRANSPORT_CLOSED', 'the transport is closed')
  }
}
