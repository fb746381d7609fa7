/** A value as publishers are given it: each scalar wrapped, objects member by member. */
export interface WrappedValue {
  readonly value: unknown
}

export interface DataPoint {
  /** Milliseconds since the epoch. */
  readonly timestamp: number
  readonly value: WrappedValue
}

/** A metric as its peer defined it, without its name. */
export type MetricDefinition = Readonly<Record<string, unknown>>

/** What tells one repository from others. */
export type RepositoryIdentity = Readonly<Record<string, string>>

/** Whether a repository runs. All times are milliseconds since the epoch. */
export interface RepositoryStatus {
  /** 0 while it runs, -1 when it has stopped. */
  readonly state: 0 | -1
  readonly description: string
  /** When the state became what it is. */
  readonly updated: number
  /** When this was said. */
  readonly timestamp: number
  /** When to take the repository for lost, unless something is heard of it. */
  readonly expires: number
  /** The older name of `updated`. */
  readonly 'updated-at': number
  /** The older name of `expires`. */
  readonly 'expires-at': number
}

export interface StatusUpdate {
  readonly identity: RepositoryIdentity
  readonly status: RepositoryStatus
  readonly metrics: null
  readonly metadata: null
}

export interface MetricsUpdate {
  readonly identity: RepositoryIdentity
  /** By name. */
  readonly metrics: Readonly<
    Record<string, { readonly definition: MetricDefinition; readonly datapoints: readonly DataPoint[] }>
  >
}

/** What a publisher is handed: either the state of a repository or values of its metrics. */
export type Update = MetricsUpdate | StatusUpdate

/** The state of a repository, said now. */
export function statusUpdate(
  identity: RepositoryIdentity,
  { state, updated, validMs }: { state: 0 | -1; updated: number; validMs: number },
): StatusUpdate {
  const timestamp = Date.now()
  const expires = timestamp + validMs
  return {
    identity,
    status: {
      state,
      description: state === 0 ? 'Running' : 'Repository stopped',
      updated,
      timestamp,
      expires,
      'updated-at': updated,
      'expires-at': expires,
    },
    metrics: null,
    metadata: null,
  }
}
