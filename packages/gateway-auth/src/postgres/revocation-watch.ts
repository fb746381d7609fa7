import type { Revocation } from '../revocation/revocation.ts'
import type { StoreSubscription } from '../store/auth-store.ts'
import { callBack } from '../store/revocation-watchers.ts'
import { askDatabase } from './ask-database.ts'
import type { AuthDatabase } from './auth-database.ts'
import { RevocationFeed } from './revocation-feed.ts'

/** A read that takes longer leaves the watch without knowledge of what is new. */
const STALE_AFTER_MS = 3000

export interface RevocationWatchOptions {
  readonly db: AuthDatabase
  readonly pollIntervalMs: number
  readonly onRevocation: (revocation: Revocation) => void
  readonly onState: ((isCurrent: boolean) => void) | undefined
}

/** Resolves when what is stored has been told; polls then until it is closed. */
export async function watchRevocations(options: RevocationWatchOptions): Promise<StoreSubscription> {
  const { db, pollIntervalMs, onRevocation, onState } = options
  const feed = new RevocationFeed(db)
  let isClosed = false
  let isCurrent: boolean | undefined
  let timer: NodeJS.Timeout | undefined

  const setCurrent = (current: boolean): void => {
    if (isClosed || isCurrent === current) return
    isCurrent = current
    if (onState !== undefined) callBack(onState, current)
  }
  const read = async (): Promise<void> => {
    const fresh = await askDatabase(() => feed.read())
    for (const revocation of fresh) if (!isClosed) callBack(onRevocation, revocation)
    setCurrent(true)
  }
  const poll = async (): Promise<void> => {
    const stale = setTimeout(() => setCurrent(false), STALE_AFTER_MS)
    stale.unref()
    try {
      await read()
    } catch {
      // Whatever it is, what is new is unknown; the next read begins with everything.
      feed.reset()
      setCurrent(false)
    } finally {
      clearTimeout(stale)
    }
    schedule()
  }
  const schedule = (): void => {
    if (isClosed) return
    timer = setTimeout(() => void poll(), pollIntervalMs)
    timer.unref()
  }

  await read()
  schedule()
  return {
    close: async () => {
      isClosed = true
      clearTimeout(timer)
    },
  }
}
