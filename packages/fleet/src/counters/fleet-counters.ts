/** Upper bounds of the latency buckets, milliseconds, inclusive. One more bucket is for what is longer. */
export const LATENCY_BUCKETS_MS: readonly number[] = Object.freeze([
  1, 2, 3, 5, 7.5, 10, 15, 25, 50, 75, 100, 250, 500, 1000, 2500, 5000,
])

/** How long frames took from being read to being stored. */
export interface FleetLatency {
  count: number
  sumMs: number
  /** Per bound of {@link LATENCY_BUCKETS_MS} how many fell between the one before and it, then how many were longer. */
  buckets: number[]
}

/** Totals of one project on one gateway since the gateway began; `connections` is what is open now. */
export interface FleetProjectCounters {
  workspaceId: string
  projectId: string
  connections: number
  /** Frames of clients. */
  received: number
  /** Messages to clients. */
  delivered: number
  /** Frames that were refused. */
  refused: number
  latency: FleetLatency
}
