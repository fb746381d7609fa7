import {
  type DataPoint,
  type MetricDefinition,
  type MetricsUpdate,
  type RepositoryIdentity,
  type StatusUpdate,
  statusUpdate,
  type Update,
} from '../update.ts'

/** A repository as one publisher knows it. */
export interface RunningRepository {
  readonly identity: RepositoryIdentity
  /** When it started, milliseconds since the epoch. */
  readonly startedAt: number
}

/** One value on its way. */
export interface QueuedPoint {
  readonly repository: RunningRepository
  readonly metric: string
  readonly definition: MetricDefinition
  readonly point: DataPoint
  /** Characters, about. */
  readonly size: number
}

interface PointEntry {
  point: QueuedPoint
}

type Entry = PointEntry | { readonly final: StatusUpdate }

export interface UpdateQueueSettings {
  /** Heartbeats and values that wait. */
  readonly maxEntries: number
  /** Characters, about, of the values that wait. */
  readonly maxSize: number
  /** Values of one update. */
  readonly splitSize: number
  /** Whether a value that waits is replaced by a newer one of its metric, and how many metrics may wait. */
  readonly conflation: { readonly maxEntries: number } | undefined
  /** How long a heartbeat vouches for its repository, milliseconds. */
  readonly validMs: number
}

/**
 * What waits for a publisher, in order. When it is full the oldest heartbeats make room first, then the oldest values. A
 * heartbeat is written when it is taken; a repository has at most one that waits.
 */
export class UpdateQueue {
  readonly #settings: UpdateQueueSettings
  readonly #onDropped: (count: number) => void
  readonly #heartbeats = new Set<RunningRepository>()
  #entries: Entry[] = []
  #head = 0
  #size = 0
  /** With conflation: what waits, by repository and metric. */
  readonly #waiting = new Map<RunningRepository, Map<string, PointEntry>>()
  #heartbeatNext = true

  constructor(settings: UpdateQueueSettings, onDropped: (count: number) => void) {
    this.#settings = settings
    this.#onDropped = onDropped
  }

  get length(): number {
    return this.#heartbeats.size + this.#entries.length - this.#head
  }

  heartbeat(repository: RunningRepository): void {
    this.#heartbeats.add(repository)
    this.#bound()
  }

  point(point: QueuedPoint): void {
    const entry: PointEntry = { point }
    if (this.#settings.conflation !== undefined) {
      const waiting = this.#waiting.get(point.repository)
      const older = waiting?.get(point.metric)
      if (older !== undefined) {
        this.#size += point.size - older.point.size
        older.point = point
        this.#bound()
        return
      }
      if (waiting === undefined) this.#waiting.set(point.repository, new Map([[point.metric, entry]]))
      else waiting.set(point.metric, entry)
    }
    this.#entries.push(entry)
    this.#size += point.size
    this.#bound()
  }

  /** The last word on a repository, after all its values. */
  final(repository: RunningRepository): void {
    this.#heartbeats.delete(repository)
    const { validMs } = this.#settings
    this.#entries.push({
      final: statusUpdate(repository.identity, { state: -1, updated: Date.now(), validMs }),
    })
    this.#bound()
  }

  take(): { update: Update; entries: number } | undefined {
    const heartbeats = this.#heartbeats.size > 0
    const entries = this.#entries.length > this.#head
    // Taken in turns, so that neither waits for the other to run dry.
    if (heartbeats && (this.#heartbeatNext || !entries)) {
      this.#heartbeatNext = false
      return this.#takeHeartbeat()
    }
    this.#heartbeatNext = true
    return entries ? this.#takeEntry() : undefined
  }

  /** Drops all that waits; not told to `onDropped`. */
  clear(): number {
    const { length } = this
    this.#heartbeats.clear()
    this.#entries = []
    this.#head = 0
    this.#size = 0
    this.#waiting.clear()
    return length
  }

  #takeHeartbeat(): { update: Update; entries: number } | undefined {
    const [repository] = this.#heartbeats
    if (repository === undefined) return undefined
    this.#heartbeats.delete(repository)
    const { identity, startedAt } = repository
    const { validMs } = this.#settings
    return { update: statusUpdate(identity, { state: 0, updated: startedAt, validMs }), entries: 1 }
  }

  #takeEntry(): { update: Update; entries: number } | undefined {
    const first = this.#shift()
    if (first === undefined) return undefined
    if ('final' in first) return { update: first.final, entries: 1 }
    const { repository } = first.point
    const points = [first.point]
    while (points.length < this.#settings.splitSize) {
      const next = this.#entries[this.#head]
      if (next === undefined || 'final' in next || next.point.repository !== repository) break
      if (!points.every((one) => isCompatible(one, next.point))) break
      this.#shift()
      points.push(next.point)
    }
    return { update: metricsUpdate(repository.identity, points), entries: points.length }
  }

  #bound(): void {
    let dropped = 0
    while (this.length > this.#settings.maxEntries) {
      const [heartbeat] = this.#heartbeats
      if (heartbeat === undefined) this.#shift()
      else this.#heartbeats.delete(heartbeat)
      dropped += 1
    }
    const maxPoints = this.#settings.conflation?.maxEntries ?? Infinity
    while (this.#size > this.#settings.maxSize || this.#entries.length - this.#head > maxPoints) {
      this.#shift()
      dropped += 1
    }
    if (dropped > 0) this.#onDropped(dropped)
  }

  #shift(): Entry | undefined {
    const entry = this.#entries[this.#head]
    if (entry === undefined) return undefined
    this.#head += 1
    if (this.#head === this.#entries.length || this.#head >= 1024) {
      this.#entries = this.#entries.slice(this.#head)
      this.#head = 0
    }
    if ('final' in entry) return entry
    const { repository, metric, size } = entry.point
    this.#size -= size
    const waiting = this.#waiting.get(repository)
    if (waiting?.delete(metric) && waiting.size === 0) this.#waiting.delete(repository)
    return entry
  }
}

/** Values of one metric go into one update while their definition is the same. */
function isCompatible(one: QueuedPoint, other: QueuedPoint): boolean {
  return one.metric !== other.metric || one.definition === other.definition
}

function metricsUpdate(identity: RepositoryIdentity, points: readonly QueuedPoint[]): MetricsUpdate {
  const metrics = Object.create(null) as Record<
    string,
    { definition: MetricDefinition; datapoints: DataPoint[] }
  >
  for (const { metric, definition, point } of points) {
    metrics[metric] ??= { definition, datapoints: [] }
    metrics[metric].datapoints.push(point)
  }
  return { identity, metrics }
}
