import type { FleetChange } from '../change/fleet-change.ts'
import type { FleetProjectCounters } from '../counters/fleet-counters.ts'
import type { FleetEvents, FleetLogger } from '../events.ts'
import type { FleetAnswers } from '../question/questions.ts'
import type { FleetSession } from '../session/fleet-session.ts'

export interface FleetAgentOptions {
  events: FleetEvents
  /** Letters, digits, `_` and `-`, 1–64 characters. No two gateways may have the same. */
  gatewayId: string
  /** Shown to operators. Cut to 128 characters. */
  name?: string | undefined
  /** Shown to operators. Cut to 64 characters. */
  version?: string | undefined
  /** All sessions that are open now. Called once a second at most. */
  sessions(): Iterable<FleetSession>
  /** All projects that the gateway counts. One that is no longer among them is forgotten. Called once per report. */
  counters(): Iterable<FleetProjectCounters>
  /** What answers the questions of control planes. */
  answers?: FleetAnswers | undefined
  /** A change is in force. Called once per change, and not always in their order. */
  onChange(change: FleetChange): void
  /**
   * Changes may have been missed: everything granted before now has to be looked at again. Also called when the first control
   * plane is heard, because what happened before is not known.
   */
  onGap(): void
  /** How often the gateway reports, milliseconds, 100–60000. Gone after four missed ones. @defaultValue 1000 */
  reportIntervalMs?: number | undefined
  /** Longest wait of `start` for the first control plane, milliseconds, 0–60000. @defaultValue 1000 */
  startWaitMs?: number | undefined
  /** Most questions under way; more are answered that the gateway is busy. @defaultValue 32 */
  maxQuestions?: number | undefined
  /** @defaultValue silent */
  logger?: FleetLogger | undefined
}

/** Numbers of one agent. All but `sessions` and `questions` only grow. */
export interface FleetAgentStats {
  /** Sessions that control planes were told of. */
  sessions: number
  /** Questions under way. */
  questions: number
  framesOut: number
  /** Frames that the engine refused, or that were not sent because it was away. */
  framesLost: number
  snapshots: number
  changes: number
  gaps: number
  /** Messages that were none of the protocol, or of another version of it. */
  ignored: number
}

/** The gateway's side of a fleet. */
export interface FleetAgent extends AsyncDisposable {
  /**
   * Listens, reports, and waits a moment for a control plane. Call it before the gateway accepts clients: what was granted before
   * the first control plane is heard has to be looked at again. Resolves also when there is none.
   */
  start(): Promise<void>
  /** Tells control planes at once, rather than with the next report. Optional: reports find out by themselves. */
  sessionOpened(session: FleetSession): void
  /** As `sessionOpened`. */
  sessionClosed(sessionId: string): void
  stats(): FleetAgentStats
  /** Says goodbye and stops. The events are left open. Idempotent. */
  close(): Promise<void>
}
