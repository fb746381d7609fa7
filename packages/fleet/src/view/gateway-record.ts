import { isNothing, noCounters } from '../counters/counters-schema.ts'
import type { FleetProjectCounters } from '../counters/fleet-counters.ts'
import type { FleetSession } from '../session/fleet-session.ts'
import { touch } from '../session/session-schema.ts'
import type { DeltaBody, ReportFrame, ReportHead, SnapshotBody } from '../wire/report.ts'
import type { FleetGateway } from './view.ts'

/** What all gateways share of the view's limits. */
export interface Budget {
  sessions: number
  projects: number
  readonly maxSessions: number
  readonly maxProjects: number
}

interface Kept {
  readonly session: FleetSession
  /** The snapshot it was seen in, or opened after. */
  snapshot: number
}

interface Counted {
  readonly counters: FleetProjectCounters
  /** The snapshot it was seen in, or counted after. */
  readonly snapshot: number
}

/** Called with what a project has now and had before. */
export type OnCounters = (now: FleetProjectCounters, before: FleetProjectCounters) => void

const FIRST_RETRY_MS = 1000
const LONGEST_RETRY_MS = 15_000
/** Silence inside a snapshot after which it is not waited for any more. */
const SNAPSHOT_STALL_MS = 5000
/** With sessions left out: how often they are asked for again, once there is room. */
const ROOM_RETRY_MS = 30_000

/** What one gateway has said. Frames that are missing show by their numbers, and everything is asked for again. */
export class GatewayRecord {
  readonly sessions: Map<string, Kept> = new Map()
  readonly projects: Map<string, Counted> = new Map()
  readonly epoch: string
  readonly startedAt: number
  readonly #budget: Budget
  #head: ReportHead
  #n: number
  /** Everything that the gateway has said was heard. */
  #isInSync = false
  #snapshot = 0
  #expectedPart: number | undefined
  #isFirstDelta: boolean
  #dropped = 0
  /** Not asked for everything before. */
  #askAt: number
  #attempts = 0
  heardAt: number
  reportedAtMs: number = Date.now()

  constructor(head: ReportHead, budget: Budget, now: number, askAt: number) {
    this.#head = head
    this.#budget = budget
    this.epoch = head.epoch
    this.startedAt = head.startedAt
    // The first frame of a gateway has everything. Whoever comes in later has to ask.
    this.#isFirstDelta = head.n === 1
    this.#n = head.n - 1
    this.heardAt = now
    this.#askAt = askAt
  }

  get id(): string {
    return this.#head.from
  }

  get answers(): readonly string[] {
    return this.#head.answers
  }

  get intervalMs(): number {
    return this.#head.intervalMs
  }

  get dropped(): number {
    return this.#dropped
  }

  describe(): FleetGateway {
    const { from, name, version, connections, answers } = this.#head
    return {
      gatewayId: from,
      name,
      version,
      sinceMs: this.startedAt,
      connections,
      lastReportAtMs: this.reportedAtMs,
      isComplete: this.#isInSync && this.#dropped === 0,
      droppedSessions: this.#dropped,
      answers: [...answers],
    }
  }

  /** Takes a frame in. `late` for one that was overtaken or comes twice, `gap` when others are missing before it. */
  receive(frame: ReportFrame, now: number, onCounters: OnCounters): 'late' | 'gap' | 'ok' {
    if (frame.n <= this.#n) return 'late'
    const isGap = frame.n > this.#n + 1
    if (isGap) {
      if (this.#isInSync) this.#askAt = now
      this.#isInSync = false
      this.#isFirstDelta = false
      this.#expectedPart = undefined
    }
    this.#n = frame.n
    this.#head = frame
    this.heardAt = now
    this.reportedAtMs = Date.now()
    if (frame.kind === 'delta') this.#onDelta(frame, onCounters)
    else if (frame.kind === 'snapshot') this.#onPart(frame, onCounters)
    return isGap ? 'gap' : 'ok'
  }

  /** Whether it is time to ask for everything; notes that it was. */
  shouldAsk(now: number): boolean {
    if (this.#expectedPart !== undefined) {
      if (now - this.heardAt < SNAPSHOT_STALL_MS) return false
      this.#expectedPart = undefined
    }
    if (now < this.#askAt) return false
    if (this.#isInSync) {
      const { sessions, maxSessions } = this.#budget
      const hasRoom = this.#dropped > 0 && sessions + Math.min(this.#dropped, maxSessions / 10) <= maxSessions
      this.#askAt = now + ROOM_RETRY_MS
      return hasRoom
    }
    this.#askAt = now + Math.min(FIRST_RETRY_MS * 2 ** this.#attempts, LONGEST_RETRY_MS)
    this.#attempts = Math.min(this.#attempts + 1, 10)
    return true
  }

  /** Gives back what it has of the budget. */
  clear(): void {
    this.#budget.sessions -= this.sessions.size
    this.#budget.projects -= this.projects.size
    this.sessions.clear()
    this.projects.clear()
  }

  #onDelta(frame: DeltaBody, onCounters: OnCounters): void {
    if (this.#isFirstDelta) {
      // It may go on in the next frames, which follow at once.
      this.#isInSync = true
      this.#isFirstDelta = false
    }
    for (const session of frame.opened) this.#keep(session)
    for (const sessionId of frame.closed) this.#remove(sessionId)
    for (const touched of frame.touched) {
      const kept = this.sessions.get(touched[0])
      if (kept) touch(kept.session, touched)
    }
    this.#count(frame.projects, this.#isInSync, onCounters)
  }

  #onPart(frame: SnapshotBody, onCounters: OnCounters): void {
    if (frame.index === 0) {
      this.#snapshot += 1
      this.#dropped = 0
    } else if (frame.index !== this.#expectedPart) {
      // The beginning was not heard. What is in it is true all the same.
      this.#expectedPart = undefined
      for (const session of frame.sessions) this.#keep(session)
      this.#count(frame.projects, false, onCounters)
      return
    }
    for (const session of frame.sessions) this.#keep(session)
    this.#count(frame.projects, false, onCounters)
    this.#expectedPart = frame.isLast ? undefined : frame.index + 1
    if (!frame.isLast) return
    for (const [sessionId, kept] of this.sessions) {
      if (kept.snapshot !== this.#snapshot) this.#remove(sessionId)
    }
    for (const [key, counted] of this.projects) {
      if (counted.snapshot !== this.#snapshot) this.#forgetProject(key)
    }
    this.#isInSync = true
    this.#attempts = 0
  }

  #keep(session: FleetSession): void {
    const kept = this.sessions.get(session.sessionId)
    if (!kept) {
      if (this.#budget.sessions >= this.#budget.maxSessions) {
        this.#dropped += 1
        return
      }
      this.#budget.sessions += 1
    }
    this.sessions.set(session.sessionId, { session, snapshot: this.#snapshot })
  }

  #remove(sessionId: string): void {
    if (this.sessions.delete(sessionId)) this.#budget.sessions -= 1
    else if (this.#dropped > 0) this.#dropped -= 1
  }

  #count(projects: readonly FleetProjectCounters[], isNews: boolean, onCounters: OnCounters): void {
    for (const now of projects) {
      const key = `${now.workspaceId}/${now.projectId}`
      if (isNothing(now)) {
        this.#forgetProject(key)
        continue
      }
      const before = this.projects.get(key)?.counters
      if (!before) {
        if (this.#budget.projects >= this.#budget.maxProjects) continue
        this.#budget.projects += 1
      }
      this.projects.set(key, { counters: now, snapshot: this.#snapshot })
      // Of a project that is new to a view which came later, only what follows is known.
      if (before) onCounters(now, before)
      else if (isNews) onCounters(now, noCounters(now.workspaceId, now.projectId))
    }
  }

  #forgetProject(key: string): void {
    if (this.projects.delete(key)) this.#budget.projects -= 1
  }
}
