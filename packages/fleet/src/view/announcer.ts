import { randomBytes } from 'node:crypto'
import { changeSchema, type ChangesFrame } from '../change/change-schema.ts'
import type { FleetChange } from '../change/fleet-change.ts'
import { publish } from '../internal/publish.ts'
import { encodeFrame, MAX_FRAME_BYTES } from '../wire/frame.ts'
import { CHANGES_SUBJECT } from '../wire/subjects.ts'
import type { ViewSettings } from './settings.ts'

/** Changes kept when there is no log to read them from. */
const MAX_KEPT = 1000
/** Changes told to those that missed some; who is further behind looks at everything again. */
const MAX_TOLD = 10_000
/** Room for the head of a frame. */
const ROOM = MAX_FRAME_BYTES - 1024
/** A log that does not answer for so long is asked anew. */
const LOG_TIMEOUT_MS = 5000

type Said =
  | { kind: 'beat'; latest: number }
  | { kind: 'changes'; after: number; through: number; changes: FleetChange[] }
  | { kind: 'unknown'; after: number; latest: number }

/** Tells gateways of changes, how far they have come, and, when asked, what was missed. */
export class Announcer {
  readonly #settings: ViewSettings
  readonly #log: string
  readonly #kept: FleetChange[] = []
  #isBeating = false
  #beat: NodeJS.Timeout | undefined
  #isBeatWanted = false
  /** The oldest place somebody has asked for, since the last answer. */
  #missedAfter: number | undefined
  #isTelling = false
  #isOpen = false
  lost = 0

  constructor(settings: ViewSettings) {
    this.#settings = settings
    // One name for the one database that all control planes share; what one process keeps for itself is nobody else's.
    this.#log = settings.changes ? 'registry' : randomBytes(12).toString('base64url')
  }

  start(): void {
    this.#isOpen = true
    this.#beat = setInterval(() => this.beat(), this.#settings.heartbeatMs).unref()
    this.beat()
  }

  close(): void {
    this.#isOpen = false
    clearInterval(this.#beat)
  }

  /** @throws TypeError for what is no change */
  announce(change: FleetChange): void {
    const checked = changeSchema.safeParse(change)
    if (!checked.success) throw new TypeError('"change" must be a change')
    if (!this.#settings.changes) {
      const last = this.#kept.at(-1)
      if (last && change.sequence <= last.sequence) throw new TypeError('"change.sequence" must rise')
      this.#kept.push(checked.data)
      if (this.#kept.length > MAX_KEPT) this.#kept.shift()
    }
    if (!this.#isOpen) return
    const { sequence } = change
    this.#tell({ after: sequence - 1, through: sequence, changes: [checked.data] })
  }

  /** Says how far changes have come. */
  beat(): void {
    if (!this.#isOpen) return
    this.#isBeatWanted = true
    if (!this.#isBeating) void this.#beatWhileWanted()
  }

  async #beatWhileWanted(): Promise<void> {
    this.#isBeating = true
    while (this.#isOpen && this.#isBeatWanted) {
      this.#isBeatWanted = false
      try {
        const latest = await this.#latest()
        if (this.#isOpen) this.#say({ kind: 'beat', latest })
      } catch (error) {
        // Gateways go on with what they know, and ask again when there is more.
        this.#settings.logger.warn({ err: error }, 'the latest change could not be read')
      }
    }
    this.#isBeating = false
  }

  /** Gateways have missed what comes behind these places. */
  missed(logs: readonly { log: string; after: number }[]): void {
    const own = logs.find(({ log }) => log === this.#log)
    if (logs.length === 0) this.beat()
    if (!own || !this.#isOpen) return
    this.#missedAfter = Math.min(this.#missedAfter ?? own.after, own.after)
    if (!this.#isTelling) void this.#tellMissed()
  }

  async #tellMissed(): Promise<void> {
    this.#isTelling = true
    while (this.#isOpen && this.#missedAfter !== undefined) {
      const after = this.#missedAfter
      this.#missedAfter = undefined
      try {
        await this.#tellSince(after)
      } catch (error) {
        this.#settings.logger.warn({ err: error }, 'changes that gateways missed could not be read')
      }
    }
    this.#isTelling = false
  }

  async #tellSince(asked: number): Promise<void> {
    let after = asked
    let told = 0
    for (;;) {
      // Read first: what comes between the two is in the list as well, and what is not in the list does not exist.
      const latest = await this.#latest()
      if (!this.#isOpen || after >= latest) return
      const changes = told > MAX_TOLD ? null : await this.#since(after)
      if (!this.#isOpen) return
      if (changes === null) {
        this.#say({ kind: 'unknown', after, latest })
        return
      }
      const last = changes.at(-1)?.sequence
      // Numbers without a change: a transaction that was not finished took them.
      const through = last === undefined ? latest : last
      this.#tell({ after, through, changes })
      told += changes.length + 1
      after = through
    }
  }

  /** In as many frames as it takes, each going on where the one before ends. */
  #tell({ after, through, changes }: { after: number; through: number; changes: FleetChange[] }): void {
    let from = after
    let batch: FleetChange[] = []
    let bytes = 0
    const flush = (to: number): void => {
      if (to > from) this.#say({ kind: 'changes', after: from, through: to, changes: batch })
      from = Math.max(from, to)
      batch = []
      bytes = 0
    }
    for (const change of changes) {
      const size = Buffer.byteLength(JSON.stringify(change)) + 1
      if (size > ROOM) {
        // Larger than any frame: everything has to be looked at instead.
        flush(change.sequence - 1)
        this.#say({ kind: 'unknown', after: from, latest: change.sequence })
        from = change.sequence
        continue
      }
      if (bytes + size > ROOM) flush(batch.at(-1)?.sequence ?? from)
      batch.push(change)
      bytes += size
    }
    flush(through)
  }

  #say(said: Said): void {
    const frame: ChangesFrame = { from: this.#settings.controlPlaneId, log: this.#log, ...said }
    if (publish(this.#settings.events, CHANGES_SUBJECT, encodeFrame(frame)) !== 'sent') this.lost += 1
  }

  async #latest(): Promise<number> {
    const { changes } = this.#settings
    if (!changes) return this.#kept.at(-1)?.sequence ?? 0
    const latest = await inTime(changes.latest())
    if (!Number.isSafeInteger(latest) || latest < 0) {
      throw new TypeError('"changes.latest" must answer with a whole number')
    }
    return latest
  }

  async #since(sequence: number): Promise<FleetChange[] | null> {
    const { changes } = this.#settings
    if (!changes) {
      const first = this.#kept[0]
      if (first && sequence < first.sequence - 1 && this.#kept.length >= MAX_KEPT) return null
      return this.#kept.filter((change) => change.sequence > sequence)
    }
    const list = await inTime(changes.since(sequence))
    if (list === null) return null
    const checked = changeSchema.array().safeParse(list)
    if (!checked.success) throw new TypeError('"changes.since" must answer with changes')
    return checked.data
      .filter((change) => change.sequence > sequence)
      .toSorted((a, b) => a.sequence - b.sequence)
  }
}

async function inTime<T>(work: Promise<T>): Promise<T> {
  let timer: NodeJS.Timeout | undefined
  const late = new Promise<never>((_resolve, reject) => {
    timer = setTimeout(() => reject(new Error('the log of changes did not answer in time')), LOG_TIMEOUT_MS)
    timer.unref()
  })
  try {
    return await Promise.race([work, late])
  } finally {
    clearTimeout(timer)
  }
}
