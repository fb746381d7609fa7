import type { FleetChange, FleetChangeLog } from '../change/fleet-change.ts'
import type { FleetEvents, FleetLogger } from '../events.ts'
import type { FleetAnswers, FleetPage, FleetQuestion, FleetQuestions } from '../question/questions.ts'
import type { FleetSession } from '../session/fleet-session.ts'

export interface FleetViewOptions {
  events: FleetEvents
  /** Where changes are read from. Without it only what `publishChange` was given is known. */
  changes?: FleetChangeLog | undefined
  /** Questions that this process answers itself, whichever gateway they are for. */
  answers?: FleetAnswers | undefined
  /** Most sessions kept, all gateways together; further ones are counted, not kept. @defaultValue 100000 */
  maxSessions?: number | undefined
  /** Most gateways kept; further ones are not heard. @defaultValue 256 */
  maxGateways?: number | undefined
  /** Most projects kept, counted per gateway; further ones have no counters. @defaultValue 20000 */
  maxProjects?: number | undefined
  /** Most charts kept: one per project, one per gateway, one of all. Past it the longest idle go. @defaultValue 1000 */
  maxSeries?: number | undefined
  /** Time between two points of a chart, milliseconds, 100–60000. @defaultValue 5000 */
  pointMs?: number | undefined
  /** How often the latest change is told, milliseconds, 100–60000. @defaultValue 1000 */
  heartbeatMs?: number | undefined
  /** Most questions under way. @defaultValue 256 */
  maxQuestions?: number | undefined
  /** Longest wait for an answer, milliseconds, unless the call says otherwise. @defaultValue 5000 */
  askTimeoutMs?: number | undefined
  /** @defaultValue silent */
  logger?: FleetLogger | undefined
}

/** A gateway that reports. */
export interface FleetGateway {
  gatewayId: string
  name: string
  version: string
  /** When it started, by its clock. */
  sinceMs: number
  /** Sessions open on it, those that are not kept included. */
  connections: number
  /** When it was heard last, by the clock of this process. */
  lastReportAtMs: number
  /** Whether all its sessions are known; false while they are being told, and when too many are open. */
  isComplete: boolean
  /** Sessions of it that are not kept. */
  droppedSessions: number
  /** The questions that it answers. */
  answers: string[]
}

export type FleetViewSession = FleetSession & { gatewayId: string }

export interface FleetSessionQuery {
  workspaceId?: string | undefined
  projectId?: string | undefined
  userId?: string | undefined
  gatewayId?: string | undefined
  /** `next` of the page before. */
  after?: string | undefined
  /** 1–1000. @defaultValue 100 */
  limit?: number | undefined
}

export interface FleetSeriesQuery {
  workspaceId?: string | undefined
  /** With `workspaceId`. */
  projectId?: string | undefined
  /** Without the other two. */
  gatewayId?: string | undefined
  /** 1–60. @defaultValue 15 */
  minutes?: number | undefined
}

/** A point of a chart: what happened in the `pointMs` before `atMs`. */
export interface FleetPoint {
  atMs: number
  connections: number
  receivedPerSecond: number
  deliveredPerSecond: number
  refusedPerSecond: number
  /** Null when no frame was stored. */
  p50Ms: number | null
  p99Ms: number | null
}

export interface AskOptions {
  /** 1–60000. */
  timeoutMs?: number | undefined
}

/** Numbers of one view. The first five go up and down, the others only grow. */
export interface FleetViewStats {
  gateways: number
  sessions: number
  droppedSessions: number
  series: number
  questions: number
  framesIn: number
  /** Frames that were lost, or came late. */
  gaps: number
  /** Messages that were none of the protocol, or of another version of it, or of more gateways than are kept. */
  ignored: number
  /** Frames that the engine refused. */
  framesLost: number
}

/** The control plane's side of a fleet. Any number of them can be up at once. */
export interface FleetView extends AsyncDisposable {
  readonly controlPlaneId: string
  /** Listens and asks all gateways for what they have. Resolves when it listens. */
  start(): Promise<void>
  /** Tells all gateways. One that does not hear it asks for it later. */
  publishChange(change: FleetChange): void
  /** By id. */
  gateways(): FleetGateway[]
  /** Newest first. @throws TypeError for an `after` that is none */
  sessions(query?: FleetSessionQuery): FleetPage<FleetViewSession>
  session(sessionId: string): FleetViewSession | null
  /** Oldest first, without holes; a project that nothing is known of has zeros. */
  series(query?: FleetSeriesQuery): FleetPoint[]
  /**
   * Asks one gateway, or with null the longest running of those that answer this question.
   *
   * @throws FleetError `ERR_FLEET_GATEWAY_UNKNOWN`, `ERR_FLEET_NO_GATEWAY`, `ERR_FLEET_QUESTION_UNKNOWN`,
   *   `ERR_FLEET_QUESTION_INVALID`, `ERR_FLEET_TIMEOUT`, `ERR_FLEET_BUSY`, `ERR_FLEET_ANSWER_FAILED`,
   *   `ERR_FLEET_ANSWER_INVALID`, `ERR_FLEET_ANSWER_TOO_LARGE`, `ERR_FLEET_UNAVAILABLE`, `ERR_FLEET_CLOSED`
   */
  ask<Q extends FleetQuestion>(
    gatewayId: string | null,
    question: Q,
    args: FleetQuestions[Q]['question'],
    options?: AskOptions,
  ): Promise<FleetQuestions[Q]['answer']>
  stats(): FleetViewStats
  /** Questions under way reject. The events are left open. Idempotent. */
  close(): Promise<void>
}
