import type { ChangesFrame } from '../change/change-schema.ts'
import type { FleetChange } from '../change/fleet-change.ts'

export interface ChangeFollowerEvents {
  onChange: (change: FleetChange) => void
  onGap: () => void
  /** Ask for what comes behind these places. */
  ask: (logs: { log: string; after: number }[]) => void
}

interface Log {
  /** Everything up to here is known. */
  position: number
  /** What was heard beyond it. */
  ahead: Set<number>
  /** How far the log has come, by what control planes say. */
  latest: number
  gapSince: number | undefined
  askedAt: number
  /** Since when control planes say less than is known: a database that was put back. */
  lowSince: number | undefined
  heardAt: number
}

/** Positions kept: one per database that control planes of this fleet use, which is one. */
const MAX_LOGS = 8
const MAX_AHEAD = 10_000
const ASK_EVERY_MS = 500
/** After so long it cannot be told. */
const GAP_TIMEOUT_MS = 5000
const LOW_TIMEOUT_MS = 10_000

/**
 * Takes changes in as they come, at once and once each, and finds out what is missing by their numbers. What cannot be filled in
 * is a gap.
 */
export class ChangeFollower {
  readonly #events: ChangeFollowerEvents
  readonly #now: () => number
  readonly #logs = new Map<string, Log>()
  #timer: NodeJS.Timeout | undefined
  changes = 0
  gaps = 0

  constructor(events: ChangeFollowerEvents, now: () => number = () => performance.now()) {
    this.#events = events
    this.#now = now
  }

  get isHeard(): boolean {
    return this.#logs.size > 0
  }

  receive(frame: ChangesFrame): void {
    const log = this.#logs.get(frame.log)
    if (log) {
      log.heardAt = this.#now()
      this.#follow(log, frame)
    } else this.#meet(frame)
    this.#askForMissing()
  }

  close(): void {
    clearTimeout(this.#timer)
    this.#logs.clear()
  }

  /** The first that is heard of a log: what happened before is not known. */
  #meet(frame: ChangesFrame): void {
    if (this.#logs.size >= MAX_LOGS) {
      const oldest = [...this.#logs].toSorted(([, a], [, b]) => a.heardAt - b.heardAt)[0]
      if (oldest) this.#logs.delete(oldest[0])
    }
    const latest = frame.kind === 'changes' ? frame.through : frame.latest
    this.#logs.set(frame.log, {
      position: latest,
      ahead: new Set(),
      latest,
      gapSince: undefined,
      askedAt: Number.NEGATIVE_INFINITY,
      lowSince: undefined,
      heardAt: this.#now(),
    })
    if (frame.kind === 'changes') for (const change of frame.changes) this.#apply(change)
    this.#gap()
  }

  #follow(log: Log, frame: ChangesFrame): void {
    if (frame.kind === 'changes') {
      for (const change of frame.changes) {
        if (change.sequence <= log.position || log.ahead.has(change.sequence)) continue
        log.ahead.add(change.sequence)
        this.#apply(change)
      }
      log.latest = Math.max(log.latest, frame.through)
      if (frame.after <= log.position) this.#advance(log, Math.max(log.position, frame.through))
      else this.#advance(log, log.position)
      if (log.ahead.size > MAX_AHEAD) this.#giveUp(log)
      return
    }
    if (frame.kind === 'unknown') {
      // An answer to somebody who is further behind says nothing to this one.
      if (frame.after >= log.position && frame.latest > log.position) {
        log.latest = Math.max(log.latest, frame.latest)
        this.#giveUp(log)
      }
      return
    }
    log.latest = Math.max(log.latest, frame.latest)
    this.#watchForReset(log, frame.latest)
  }

  #watchForReset(log: Log, latest: number): void {
    if (latest >= log.position) {
      log.lowSince = undefined
      return
    }
    log.lowSince ??= this.#now()
    if (this.#now() - log.lowSince < LOW_TIMEOUT_MS) return
    Object.assign(log, { position: latest, latest, lowSince: undefined, gapSince: undefined })
    log.ahead.clear()
    this.#gap()
  }

  #advance(log: Log, position: number): void {
    log.position = position
    while (log.ahead.has(log.position + 1)) log.position += 1
    if (log.ahead.size > 0) for (const one of log.ahead) if (one <= log.position) log.ahead.delete(one)
    log.latest = Math.max(log.latest, log.position)
    if (log.position >= log.latest) log.gapSince = undefined
  }

  #giveUp(log: Log): void {
    Object.assign(log, { position: log.latest, gapSince: undefined })
    log.ahead.clear()
    this.#gap()
  }

  #askForMissing(): void {
    const now = this.#now()
    const due: { log: string; after: number }[] = []
    let isOpen = false
    for (const [name, log] of this.#logs) {
      if (log.latest <= log.position) continue
      isOpen = true
      log.gapSince ??= now
      if (now - log.gapSince >= GAP_TIMEOUT_MS) {
        this.#giveUp(log)
        continue
      }
      if (now - log.askedAt < ASK_EVERY_MS) continue
      log.askedAt = now
      due.push({ log: name, after: log.position })
    }
    if (due.length > 0) this.#events.ask(due)
    // Asked again, and given up, also when no control plane says anything any more.
    if (isOpen) this.#timer ??= setTimeout(() => this.#onTimer(), ASK_EVERY_MS).unref()
  }

  #onTimer(): void {
    this.#timer = undefined
    this.#askForMissing()
  }

  #apply(change: FleetChange): void {
    this.changes += 1
    this.#events.onChange(change)
  }

  #gap(): void {
    this.gaps += 1
    this.#events.onGap()
  }
}
