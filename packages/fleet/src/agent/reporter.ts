import { randomBytes } from 'node:crypto'
import { noCounters, tellableCounters } from '../counters/counters-schema.ts'
import type { FleetProjectCounters } from '../counters/fleet-counters.ts'
import { publish } from '../internal/publish.ts'
import type { FleetSession } from '../session/fleet-session.ts'
import { instantMs, tellableSession, touch, type TouchedSession, whole } from '../session/session-schema.ts'
import { FLEET_VERSION, MAX_FRAME_BYTES } from '../wire/frame.ts'
import { pack } from '../wire/packer.ts'
import { reportSubject } from '../wire/subjects.ts'
import type { AgentSettings } from './settings.ts'
import { SnapshotTeller } from './snapshot-teller.ts'

/** Openings and closings are told together when they come this close to each other. */
const FLUSH_MS = 50
/** Snapshots begin no closer to each other. */
const SNAPSHOT_EVERY_MS = 1000
/** Of everybody that answers a hello, each waits up to so long. */
const SNAPSHOT_JITTER_MS = 200
/** Sessions looked at in one interval, so that a report stays cheap; with more, each is looked at every few intervals. */
const SESSIONS_PER_INTERVAL = 2000
const MAX_INTERVALS_BETWEEN = 10
const MIN_FRAME_BYTES = 16 * 1024
/** Told before the next interval when so many wait. */
const MAX_QUEUED = 10_000

/** Tells control planes what sessions there are: first all, then what changes, in numbered frames. */
export class Reporter {
  readonly #settings: AgentSettings
  readonly #onReported: () => void
  readonly #epoch = randomBytes(12).toString('base64url')
  readonly #startedAt = Date.now()
  /** The sessions that were told, with what was told of them last. */
  readonly #known = new Map<string, TouchedSession>()
  readonly #opened = new Map<string, FleetSession>()
  readonly #closed = new Set<string>()
  readonly #touched = new Map<string, TouchedSession>()
  /** The last told counters of each project, as text. */
  readonly #counted = new Map<string, string>()
  #frameBytes = MAX_FRAME_BYTES
  #n = 0
  #intervals = 0
  #flush: NodeJS.Timeout | undefined
  #interval: NodeJS.Timeout | undefined
  #telling: SnapshotTeller | undefined
  #waiting: NodeJS.Timeout | undefined
  #snapshotAt = Number.NEGATIVE_INFINITY
  #isAgainWanted = false
  #isOpen = false
  framesOut = 0
  framesLost = 0
  snapshots = 0

  /** @param onReported called after each regular report */
  constructor(settings: AgentSettings, onReported: () => void) {
    this.#settings = settings
    this.#onReported = onReported
  }

  get sessions(): number {
    return this.#known.size
  }

  start(): void {
    this.#isOpen = true
    // The first report has everything, so that whoever hears it needs nothing more.
    this.#look()
    this.#report(true)
    this.#interval = setInterval(() => this.#onInterval(), this.#settings.reportIntervalMs).unref()
  }

  close(): void {
    if (!this.#isOpen) return
    this.#isOpen = false
    clearInterval(this.#interval)
    clearTimeout(this.#flush)
    this.#telling?.stop()
    clearTimeout(this.#waiting)
    this.#send('"kind":"bye"')
  }

  opened(session: FleetSession): void {
    if (!this.#isOpen) return
    this.#add(session)
    this.#flushSoon()
  }

  closed(sessionId: string): void {
    if (!this.#isOpen || !this.#known.delete(sessionId)) return
    this.#remove(sessionId)
    this.#flushSoon()
  }

  missed(logs: readonly { log: string; after: number }[]): void {
    if (this.#isOpen) this.#send(`"kind":"missed","logs":${JSON.stringify(logs)}`)
  }

  /** A control plane wants everything. Several that do at once are answered once. */
  snapshot(isForAll: boolean): void {
    if (!this.#isOpen || this.#waiting) return
    if (this.#telling) {
      // It has not heard the first part.
      this.#isAgainWanted = true
      return
    }
    const jitter = isForAll
      ? Math.random() * Math.min(SNAPSHOT_JITTER_MS, this.#settings.reportIntervalMs)
      : 0
    const wait = Math.max(jitter, this.#snapshotAt + SNAPSHOT_EVERY_MS - performance.now())
    this.#waiting = setTimeout(() => {
      this.#waiting = undefined
      this.#beginSnapshot()
    }, wait).unref()
  }

  #onInterval(): void {
    this.#intervals += 1
    const between = Math.min(Math.ceil(this.#known.size / SESSIONS_PER_INTERVAL), MAX_INTERVALS_BETWEEN)
    if (this.#intervals >= between) this.#look()
    this.#report(true)
    this.#onReported()
  }

  #flushSoon(): void {
    if (this.#opened.size + this.#closed.size >= MAX_QUEUED) {
      this.#report(false)
      return
    }
    this.#flush ??= setTimeout(() => this.#report(false), FLUSH_MS).unref()
  }

  #add(session: FleetSession): void {
    if (this.#known.has(session.sessionId)) return
    const told = tellableSession(session)
    if (!told) return
    this.#known.set(told.sessionId, touchedOf(told))
    this.#opened.set(told.sessionId, told)
    this.#closed.delete(told.sessionId)
  }

  #remove(sessionId: string): void {
    // Never told of: nothing to take back.
    if (!this.#opened.delete(sessionId)) this.#closed.add(sessionId)
  }

  /** Compares what is open with what was told, and finds what nobody said. */
  #look(): void {
    this.#intervals = 0
    const sessions = this.#all('sessions')
    if (!sessions) return
    const open = new Set<string>()
    for (const session of sessions) {
      open.add(session.sessionId)
      const last = this.#known.get(session.sessionId)
      if (!last) {
        this.#add(session)
        continue
      }
      const now = touchedOf(session)
      if (now.every((value, n) => value === last[n])) continue
      this.#known.set(session.sessionId, now)
      if (!this.#opened.has(session.sessionId)) this.#touched.set(session.sessionId, now)
    }
    for (const sessionId of this.#known.keys()) {
      if (open.has(sessionId)) continue
      this.#known.delete(sessionId)
      this.#touched.delete(sessionId)
      this.#remove(sessionId)
    }
  }

  #report(isInterval: boolean): void {
    clearTimeout(this.#flush)
    this.#flush = undefined
    const { frames, tooLarge } = pack(
      [
        ['opened', this.#opened.values()],
        ['closed', this.#closed],
        ['touched', [...this.#touched.values()].filter(([sessionId]) => this.#known.has(sessionId))],
        ['projects', isInterval ? this.#changedProjects() : []],
      ],
      this.#room(),
    )
    if (tooLarge > 0) this.#settings.logger.warn({ count: tooLarge }, 'a report has items that fit no frame')
    this.#opened.clear()
    this.#closed.clear()
    this.#touched.clear()
    if (frames.length === 0 && isInterval) frames.push('"opened":[],"closed":[],"touched":[],"projects":[]')
    for (const members of frames) this.#send(`"kind":"delta",${members}`)
  }

  #changedProjects(): FleetProjectCounters[] {
    const projects = this.#projects()
    if (!projects) return []
    const changed: FleetProjectCounters[] = []
    const seen = new Set<string>()
    for (const { key, counters } of projects) {
      seen.add(key)
      const text = JSON.stringify(counters)
      if (this.#counted.get(key) === text) continue
      this.#counted.set(key, text)
      changed.push(counters)
    }
    for (const key of this.#counted.keys()) {
      if (seen.has(key)) continue
      this.#counted.delete(key)
      // The gateway has forgotten it, and control planes may.
      const [workspaceId = '', projectId = ''] = key.split('/')
      changed.push(noCounters(workspaceId, projectId))
    }
    return changed
  }

  #projects(): { key: string; counters: FleetProjectCounters }[] | undefined {
    return this.#all('counters')?.flatMap((project) => {
      const counters = tellableCounters(project)
      return counters ? [{ key: `${counters.workspaceId}/${counters.projectId}`, counters }] : []
    })
  }

  #beginSnapshot(): void {
    this.#snapshotAt = performance.now()
    this.snapshots += 1
    this.#look()
    this.#report(true)
    const sessions = this.#all('sessions')
    // Without them there is nothing to tell: control planes ask again.
    if (!sessions) return
    this.#telling = new SnapshotTeller({
      sessions,
      projects: [...this.#counted.keys()],
      sessionNow: (session) => {
        const last = this.#known.get(session.sessionId)
        const told = last && tellableSession(session)
        return told && JSON.stringify(touch(told, last))
      },
      projectNow: (name) => this.#counted.get(name),
      room: () => this.#room(),
      send: (members) => this.#send(members),
      onEnd: () => this.#endSnapshot(),
    })
    this.#telling.start()
  }

  #endSnapshot(): void {
    this.#telling = undefined
    if (!this.#isAgainWanted) return
    this.#isAgainWanted = false
    this.snapshot(false)
  }

  /** Everything that the gateway has; undefined when it cannot say, which leaves what was told as it is. */
  #all<What extends 'sessions' | 'counters'>(
    what: What,
  ): (What extends 'sessions' ? FleetSession : FleetProjectCounters)[] | undefined
  #all(what: 'sessions' | 'counters'): unknown[] | undefined {
    try {
      return Array.from<unknown>(this.#settings[what]()).filter(isObject)
    } catch (error) {
      this.#settings.logger.error({ err: error }, `reading the ${what} of the gateway failed`)
      return undefined
    }
  }

  #room(): number {
    return this.#frameBytes - this.#head(Number.MAX_SAFE_INTEGER).length * 3 - 256
  }

  #head(n: number): string {
    const { gatewayId, name, version, reportIntervalMs, answers } = this.#settings
    return JSON.stringify({
      v: FLEET_VERSION,
      from: gatewayId,
      epoch: this.#epoch,
      startedAt: this.#startedAt,
      n,
      intervalMs: reportIntervalMs,
      name,
      version,
      answers: Object.entries(answers).flatMap(([question, answer]) => (answer ? [question] : [])),
      connections: this.#known.size,
    }).slice(0, -1)
  }

  /** Counted also when it cannot be sent: what is missing then shows. */
  #send(members: string): void {
    this.#n += 1
    const payload = Buffer.from(`${this.#head(this.#n)},${members}}`)
    const { events, gatewayId, logger } = this.#settings
    const published = publish(events, reportSubject(gatewayId), payload)
    if (published === 'sent') {
      this.framesOut += 1
      return
    }
    this.framesLost += 1
    if (published !== 'large' || this.#frameBytes <= MIN_FRAME_BYTES) return
    this.#frameBytes = Math.max(MIN_FRAME_BYTES, Math.floor(this.#frameBytes / 2))
    logger.warn({ bytes: this.#frameBytes }, 'the engine takes smaller frames only')
  }
}

function isObject(value: unknown): boolean {
  return typeof value === 'object' && value !== null
}

function touchedOf(session: FleetSession): TouchedSession {
  const { sessionId, received, delivered, inFlight, bufferedBytes, expiresAtMs } = session
  return [
    sessionId,
    whole(received),
    whole(delivered),
    whole(inFlight),
    whole(bufferedBytes),
    expiresAtMs === null ? null : instantMs(expiresAtMs),
  ]
}
