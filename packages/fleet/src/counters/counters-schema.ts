import { z } from 'zod'
import { whole } from '../session/session-schema.ts'
import { amount, count, id } from '../wire/schemas.ts'
import { type FleetProjectCounters, LATENCY_BUCKETS_MS } from './fleet-counters.ts'

/** Buckets of a latency: one per bound, and one for what is longer. */
export const BUCKET_COUNT: number = LATENCY_BUCKETS_MS.length + 1

export const countersSchema: z.ZodType<FleetProjectCounters> = z.object({
  workspaceId: id,
  projectId: id,
  connections: count,
  received: count,
  delivered: count,
  refused: count,
  latency: z.object({ count, sumMs: amount, buckets: z.array(count).length(BUCKET_COUNT) }),
})

/** The counters as they can be told, or undefined when they are of no project. */
export function tellableCounters(counters: FleetProjectCounters): FleetProjectCounters | undefined {
  const { latency } = counters
  const cut: FleetProjectCounters = {
    workspaceId: counters.workspaceId,
    projectId: counters.projectId,
    connections: whole(counters.connections),
    received: whole(counters.received),
    delivered: whole(counters.delivered),
    refused: whole(counters.refused),
    latency: {
      count: whole(latency?.count),
      sumMs: Number.isFinite(latency?.sumMs) && latency.sumMs > 0 ? latency.sumMs : 0,
      buckets: Array.from({ length: BUCKET_COUNT }, (_, n) => whole(latency?.buckets?.[n])),
    },
  }
  return countersSchema.safeParse(cut).success ? cut : undefined
}

/** Those of a project that nothing is counted of. */
export function noCounters(workspaceId: string, projectId: string): FleetProjectCounters {
  const latency = { count: 0, sumMs: 0, buckets: Array.from({ length: BUCKET_COUNT }, () => 0) }
  return { workspaceId, projectId, connections: 0, received: 0, delivered: 0, refused: 0, latency }
}

/** Whether nothing is counted, as of a project that a gateway has forgotten. */
export function isNothing({
  connections,
  received,
  delivered,
  refused,
  latency,
}: FleetProjectCounters): boolean {
  return connections + received + delivered + refused + latency.count === 0
}
