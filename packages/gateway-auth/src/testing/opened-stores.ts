import type { AuthStore } from '../store/auth-store.ts'

/** Stores under test, started and empty; they are closed when their test ends. */
export interface OpenedStores extends AsyncDisposable {
  /** Two handles on the same records, as of two processes. A store of one process only gives the same handle twice. */
  readonly stores: readonly [AuthStore, AuthStore]
}

/** Opens the stores of one test. */
export type OpenStores = () => Promise<OpenedStores>
