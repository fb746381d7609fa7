import type { NatsConnection } from '@nats-io/transport-node'
import { wholeNumber } from '../store/store-settings.ts'
import type { BucketDrift } from './buckets.ts'

/** Options of {@link createNatsStore}. */
export interface NatsStoreOptions {
  /**
   * A connection of yours, to a server with JetStream of version 2.9 or later, or one that is still to come: until it is
   * there, `start()` is refused like everything else. Stays open when the store closes.
   */
  connection: NatsConnection | Promise<NatsConnection>
  /** What the names of the buckets begin with: letters, digits, `_` and `-`. @defaultValue "PORTCULLIS_AUTH" */
  bucketPrefix?: string | undefined
  /** Copies of each bucket that is made, 1 to 5. @defaultValue 1 */
  replicas?: number | undefined
  /** Most bytes of each bucket that is made; a full one refuses what is new. @defaultValue 134_217_728 (128 MiB) */
  maxBucketBytes?: number | undefined
  /** Furthest end of a token family, milliseconds from now. @defaultValue 2_678_400_000 (31 days) */
  maxFamilyMs?: number | undefined
  /** Furthest end of a revocation, milliseconds from now: more than the life of an access token. @defaultValue 172_800_000 (two days) */
  maxRevocationMs?: number | undefined
  /** Furthest end of a claim, milliseconds from now. @defaultValue 86_400_000 (a day) */
  maxClaimMs?: number | undefined
  /** Longest rate window, milliseconds. @defaultValue 86_400_000 (a day) */
  maxWindowMs?: number | undefined
  /** Longest wait for one answer of the server, milliseconds. An operation asks a few times at most. @defaultValue 2000 */
  timeoutMs?: number | undefined
  /** Told when an existing bucket has other settings than these. Nothing is changed. */
  onDrift?: ((drift: BucketDrift) => void) | undefined
}

export interface NatsSettings {
  readonly bucketPrefix: string
  readonly replicas: number
  readonly maxBucketBytes: number
  readonly maxFamilyMs: number
  readonly maxRevocationMs: number
  readonly maxClaimMs: number
  readonly maxWindowMs: number
  readonly timeoutMs: number
  readonly onDrift: ((drift: BucketDrift) => void) | undefined
}

const DAY_MS = 86_400_000
const TEN_YEARS_MS = 3650 * DAY_MS

/** @throws TypeError naming the option */
export function natsSettings(options: NatsStoreOptions): NatsSettings {
  const { connection, bucketPrefix = 'PORTCULLIS_AUTH', onDrift } = options
  const isConnection = typeof (connection as { request?: unknown } | undefined)?.request === 'function'
  if (!isConnection && !(connection instanceof Promise)) {
    throw new TypeError('"connection" option must be a NatsConnection or a promise of one')
  }
  if (typeof bucketPrefix !== 'string' || !/^[\w-]{1,64}$/.test(bucketPrefix)) {
    throw new TypeError('"bucketPrefix" option must be 1 to 64 letters, digits, "_" and "-"')
  }
  if (onDrift !== undefined && typeof onDrift !== 'function') {
    throw new TypeError('"onDrift" option must be a function')
  }
  const longest = (name: keyof NatsStoreOptions & `max${string}Ms`, fallback: number): number =>
    wholeNumber(name, options[name], fallback, TEN_YEARS_MS)
  return Object.freeze({
    bucketPrefix,
    replicas: wholeNumber('replicas', options.replicas, 1, 5),
    maxBucketBytes: wholeNumber('maxBucketBytes', options.maxBucketBytes, 134_217_728),
    maxFamilyMs: longest('maxFamilyMs', 31 * DAY_MS),
    maxRevocationMs: longest('maxRevocationMs', 2 * DAY_MS),
    maxClaimMs: longest('maxClaimMs', DAY_MS),
    maxWindowMs: longest('maxWindowMs', DAY_MS),
    timeoutMs: wholeNumber('timeoutMs', options.timeoutMs, 2000, 60_000),
    onDrift,
  })
}

/** @throws TypeError when an end is further away than the bucket keeps its entries */
export function assertWithin(option: string, expiresAt: number, longestMs: number): void {
  if (expiresAt - Date.now() > longestMs) {
    throw new TypeError(
      `an end lies further ahead than the "${option}" option of the NATS store, ${longestMs} ms`,
    )
  }
}
