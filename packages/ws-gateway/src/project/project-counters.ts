/** Upper bounds of the buckets of a latency histogram, milliseconds, the bound itself included. */
export const LATENCY_BUCKETS_MS: readonly number[] = Object.freeze([
  1, 2, 3, 5, 7.5, 10, 15, 25, 50, 75, 100, 250, 500, 1000, 2500, 5000,
])

/** How long frames took from when they were read to when the engine had stored them. */
export interface LatencyHistogram {
  readonly count: number
  readonly sumMs: number
  /**
   * How many frames fell into each bucket, none into two: one number per bound of `LATENCY_BUCKETS_MS`, and one more for
   * those that took longer than the last.
   */
  readonly buckets: readonly number[]
}

/** What a gateway has done for one project since it began to count for it. Monotonic, but for `connections`. */
export interface ProjectCounters {
  readonly workspaceId: string
  readonly projectId: string
  /** Sessions open now. */
  readonly connections: number
  /** Frames of clients, refused ones included; control frames are none. */
  readonly received: number
  /** Messages written to sockets. */
  readonly delivered: number
  /** Frames of clients that were refused. */
  readonly refused: number
  readonly latency: LatencyHistogram
}
