import type { ClientRecord } from '../client/client-record.ts'
import type { TokenFamily } from '../family/token-family.ts'
import type { Revocation } from '../revocation/revocation.ts'

/** A record with the version that a replacement must name. */
export interface Versioned<T> {
  readonly value: T
  /** Opaque; another one after every change. */
  readonly version: string
}

/** Bounds that an insertion must not exceed. */
export interface ClientLimits {
  /** Most clients of one namespace. */
  readonly maxPerNamespace: number
  /** Most clients at all. */
  readonly maxClients: number
}

/** What became of an insertion. */
export type InsertClientResult = 'inserted' | 'exists' | 'namespace_full' | 'store_full'

/** One page of clients, in the order of their ids. */
export interface ClientPage {
  readonly clients: readonly ClientRecord[]
  /** Pass it as `after` for the next page; null on the last one. */
  readonly next: string | null
}

/** A counter in a fixed window. */
export interface RateWindow {
  /** Hits so far, this one included. */
  readonly count: number
  /** When the window ends, milliseconds since the epoch. */
  readonly resetsAt: number
}

/** A subscription that can be ended. */
export interface StoreSubscription {
  close(): Promise<void>
}

/**
 * Where machine clients and their token families live. All implementations pass one contract suite
 * (`@portcullis/gateway-auth/testing`).
 *
 * Every method MUST reject with a `GatewayAuthError` `ERR_AUTH_STORE_UNAVAILABLE` when the backend cannot be asked: an
 * outage is never an answer. A resolved write MUST survive whatever the store claims to survive. Entries with an end
 * MUST count as absent after it, and MUST be removed some time later. Times are milliseconds since the epoch, of the
 * caller's clock.
 */
export interface AuthStore extends AsyncDisposable {
  /** Whether other processes read and write the same records. */
  readonly isShared: boolean
  /**
   * Since when it has forgotten no family before its end, milliseconds since the epoch, a whole second; 0 when it forgets
   * nothing. A family without a record counts as unused only when it began no earlier: a store that begins empty while
   * tokens of before are still good MUST say when it began. Read after `start`.
   */
  readonly rememberedSince: number
  /** Furthest end of a family that it takes, milliseconds from now; Infinity for any. */
  readonly maxFamilyMs: number
  /** Opens the backend and makes what is missing in it. Idempotent. MUST be called first. */
  start(): Promise<void>

  /** MUST be atomic: of two insertions of one id one succeeds, and bounds hold under concurrency. */
  insertClient(client: ClientRecord, limits: ClientLimits): Promise<InsertClientResult>
  findClient(clientId: string): Promise<Versioned<ClientRecord> | null>
  /** Compare-and-set: false when `version` is not the current one, the client is gone, or it is of another namespace. */
  replaceClient(client: ClientRecord, version: string): Promise<boolean>
  /** False when there was none. */
  deleteClient(clientId: string): Promise<boolean>
  /** @param query.limit 1 to 1000 */
  listClients(query: {
    namespaceId?: string | undefined
    after?: string | null | undefined
    limit: number
  }): Promise<ClientPage>

  /**
   * False when the id is taken. MUST be atomic: of many callers with one id exactly one gets true. The record ends at
   * `family.expiresAt` and MUST be found until then, whatever else happens.
   */
  insertFamily(family: TokenFamily): Promise<boolean>
  findFamily(familyId: string): Promise<Versioned<TokenFamily> | null>
  /** Compare-and-set, as `replaceClient`: of many callers with one version exactly one gets true. */
  replaceFamily(family: TokenFamily, version: string): Promise<boolean>

  /**
   * Stores a revocation; every watcher of every process hears of it within a second. Of several of one kind and id the
   * latest `at` and the latest `expiresAt` are kept, whichever brought them.
   */
  addRevocation(revocation: Revocation): Promise<void>
  /**
   * Calls back with every live revocation, first those stored already (before the promise resolves), then new ones, also
   * those of other processes and those made while the backend was away. One may be delivered more than once. `onState`
   * tells whether the watch is up to date (false: the backend is away).
   */
  watchRevocations(
    onRevocation: (revocation: Revocation) => void,
    onState?: (isCurrent: boolean) => void,
  ): Promise<StoreSubscription>

  /** True for exactly one caller per key until `expiresAt`. Keys are at most 512 characters of any kind. */
  claim(key: string, expiresAt: number): Promise<boolean>

  /** Counts a hit. The window starts with the first hit and lasts `windowMs`. Concurrent hits of all processes all count. */
  hit(key: string, windowMs: number): Promise<RateWindow>
  /** The window as it is, or null when there is none. */
  peek(key: string): Promise<RateWindow | null>

  /** Releases what the store opened itself. Idempotent. */
  close(): Promise<void>
}
