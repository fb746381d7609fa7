import type { Revocation } from '../revocation/revocation.ts'
import type { StoreSubscription } from './auth-store.ts'

interface Watcher {
  readonly onRevocation: (revocation: Revocation) => void
  readonly onState: ((isCurrent: boolean) => void) | undefined
  isCurrent: boolean | undefined
}

/** Those who watch the revocations of one store handle. */
export class RevocationWatchers {
  readonly #watchers = new Set<Watcher>()

  /** Adds a watcher and tells it what is stored already, then that it is up to date. */
  add(
    stored: Iterable<Revocation>,
    onRevocation: Watcher['onRevocation'],
    onState: Watcher['onState'],
  ): StoreSubscription {
    const watcher: Watcher = { onRevocation, onState, isCurrent: undefined }
    this.#watchers.add(watcher)
    for (const revocation of stored) callBack(onRevocation, revocation)
    setState(watcher, true)
    return {
      close: async () => void this.#watchers.delete(watcher),
    }
  }

  tell(revocation: Revocation): void {
    for (const watcher of this.#watchers) callBack(watcher.onRevocation, revocation)
  }

  setCurrent(isCurrent: boolean): void {
    for (const watcher of this.#watchers) setState(watcher, isCurrent)
  }

  clear(): void {
    this.#watchers.clear()
  }
}

function setState(watcher: Watcher, isCurrent: boolean): void {
  if (watcher.isCurrent === isCurrent) return
  watcher.isCurrent = isCurrent
  if (watcher.onState !== undefined) callBack(watcher.onState, isCurrent)
}

/** What a callback throws becomes an uncaught exception of its own: it must not end what other watchers depend on. */
export function callBack<T>(callback: (value: T) => void, value: T): void {
  try {
    callback(value)
  } catch (error) {
    queueMicrotask(() => {
      throw error
    })
  }
}
