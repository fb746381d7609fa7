import { z } from 'zod'
import { countersSchema } from '../counters/counters-schema.ts'
import type { FleetProjectCounters } from '../counters/fleet-counters.ts'
import type { FleetSession } from '../session/fleet-session.ts'
import {
  sessionIdSchema,
  sessionSchema,
  touchedSchema,
  type TouchedSession,
} from '../session/session-schema.ts'
import { count, id, instant, text, version } from './schemas.ts'

export const MIN_INTERVAL_MS = 100
export const MAX_INTERVAL_MS = 60_000
export const MAX_NAME = 128
export const MAX_VERSION = 64

/** What every frame of a gateway says. Frames are numbered from 1; a number that is missing is a frame that was lost. */
export interface ReportHead {
  from: string
  /** Random per start of a gateway: another one means that what was known of the gateway is void. */
  epoch: string
  /** Milliseconds since the epoch, by the gateway's clock. */
  startedAt: number
  n: number
  intervalMs: number
  name: string
  version: string
  answers: string[]
  /** Sessions that are open now. */
  connections: number
}

/** What happened since the frame before. Totals are absolute, so that one that comes twice does no harm. */
export interface DeltaBody {
  kind: 'delta'
  opened: FleetSession[]
  closed: string[]
  touched: TouchedSession[]
  /** Those that have changed. With nothing counted: the gateway has forgotten the project. */
  projects: FleetProjectCounters[]
}

/** A part of everything. Deltas can come between the parts: a session of a later part is one that is open then. */
export interface SnapshotBody {
  kind: 'snapshot'
  index: number
  isLast: boolean
  sessions: FleetSession[]
  projects: FleetProjectCounters[]
}

/** Changes were missed behind these places. Without any: where are you? */
export interface MissedBody {
  kind: 'missed'
  logs: { log: string; after: number }[]
}

export type ReportFrame = ReportHead & (DeltaBody | SnapshotBody | MissedBody | { kind: 'bye' })

const head = {
  v: version,
  from: id,
  epoch: id,
  startedAt: instant,
  n: z.int().positive(),
  intervalMs: z.int().min(MIN_INTERVAL_MS).max(MAX_INTERVAL_MS),
  name: text(MAX_NAME),
  version: text(MAX_VERSION),
  answers: z.array(text(64)).max(64),
  connections: count,
}

export const reportFrameSchema: z.ZodType<ReportFrame> = z.discriminatedUnion('kind', [
  z.object({
    ...head,
    kind: z.literal('delta'),
    opened: z.array(sessionSchema),
    closed: z.array(sessionIdSchema),
    touched: z.array(touchedSchema),
    projects: z.array(countersSchema),
  }),
  z.object({
    ...head,
    kind: z.literal('snapshot'),
    index: count,
    isLast: z.boolean(),
    sessions: z.array(sessionSchema),
    projects: z.array(countersSchema),
  }),
  z.object({
    ...head,
    kind: z.literal('missed'),
    logs: z.array(z.object({ log: id, after: count })).max(16),
  }),
  z.object({ ...head, kind: z.literal('bye') }),
])

/** A control plane has started, or missed something: tell everything. */
export interface HelloFrame {
  from: string
  /** Absent: all gateways. */
  to?: string | undefined
}

export const helloFrameSchema: z.ZodType<HelloFrame> = z.object({
  v: version,
  from: id,
  to: id.optional(),
})
