import type { FleetPoint } from '@portcullis/fleet'
import { z } from 'zod'
import { component, note } from '../document/schemas.ts'
import { timeSchema } from '../http/common-schemas.ts'
import { isoTime } from '../http/iso-time.ts'

const pointSchema = component(
  'MetricsPoint',
  z.object({
    at: timeSchema,
    connections: z.number(),
    receivedPerSecond: z.number(),
    deliveredPerSecond: z.number(),
    refusedPerSecond: z.number(),
    p50Ms: note(z.number().nullable(), 'From a frame read to its message stored; null when there was none'),
    p99Ms: z.number().nullable(),
  }),
)

/** What happened of late. */
export const metricsSchema: z.ZodType<{ points: MetricsPoint[] }> = component(
  'Metrics',
  z.object({ points: note(z.array(pointSchema), 'Oldest first, at equal distances') }),
  {
    examples: [
      {
        points: [
          {
            at: '2026-01-31T12:00:00.000Z',
            connections: 12,
            receivedPerSecond: 3.4,
            deliveredPerSecond: 10.2,
            refusedPerSecond: 0,
            p50Ms: 1.2,
            p99Ms: 4.8,
          },
        ],
      },
    ],
  },
)

/** One point of a chart. */
export interface MetricsPoint extends Omit<FleetPoint, 'atMs'> {
  at: string
}

/** A point as it is shown. */
export function pointOf({ atMs, ...rest }: FleetPoint): MetricsPoint {
  return { at: isoTime(atMs), ...rest }
}
