import { read } from './request.ts'
import { segment } from './segment.ts'

/** How things were at one moment. */
export interface MetricPoint {
  readonly at: string
  readonly connections: number
  readonly receivedPerSecond: number
  readonly deliveredPerSecond: number
  /** Frame read to stored; null while nothing was received. */
  readonly p50Ms: number | null
  readonly p99Ms: number | null
}

export interface Metrics {
  readonly points: readonly MetricPoint[]
}

export const readMetrics = (
  workspaceId: string,
  options: { minutes: number; projectId?: string },
): Promise<Metrics> => read(`/api/workspaces/${segment(workspaceId)}/metrics`, { query: options })
