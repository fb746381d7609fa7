import { LATENCY_BUCKETS_MS, type ProjectCounters } from './project-counters.ts'

/** The running counts behind `ProjectCounters`. Sessions count straight into it: it is on the way of every frame. */
export class ProjectCounts {
  readonly workspaceId: string
  readonly projectId: string
  connections = 0
  received = 0
  delivered = 0
  refused = 0
  #latencyCount = 0
  #latencySumMs = 0
  readonly #buckets: number[] = Array.from({ length: LATENCY_BUCKETS_MS.length + 1 }, () => 0)

  constructor(workspaceId: string, projectId: string) {
    this.workspaceId = workspaceId
    this.projectId = projectId
  }

  get key(): string {
    return `${this.workspaceId}.${this.projectId}`
  }

  /** A frame was stored. */
  stored(tookMs: number): void {
    this.#latencyCount += 1
    this.#latencySumMs += tookMs
    let bucket = 0
    // Most frames end in the first few.
    while (tookMs > (LATENCY_BUCKETS_MS[bucket] ?? Number.POSITIVE_INFINITY)) bucket += 1
    this.#buckets[bucket] = (this.#buckets[bucket] ?? 0) + 1
  }

  read(): ProjectCounters {
    const { workspaceId, projectId, connections, received, delivered, refused } = this
    const latency = { count: this.#latencyCount, sumMs: this.#latencySumMs, buckets: [...this.#buckets] }
    return { workspaceId, projectId, connections, received, delivered, refused, latency }
  }
}
