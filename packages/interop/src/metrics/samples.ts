import { isJsonObject } from '../protocol/parse.ts'
import type { RepositoryIdentity } from './update.ts'

/** The latest value of one number, as a scraper reads it. */
export interface MetricSample {
  /** `interop_metric_` and the name of the metric with the members that lead to the number: `[a-zA-Z0-9_]` only. */
  readonly name: string
  readonly value: number
  readonly labels: {
    readonly system: string
    readonly service: string
    readonly application?: string
  }
}

const PREFIX = 'interop_metric'
const MAX_LABEL_LENGTH = 256
const MAX_NAME_LENGTH = 512

interface Series {
  readonly sample: MetricSample
  readonly owner: object
}

/**
 * The latest numbers of all repositories. Repositories that agree in their labels share a series, whose value is the one
 * published last. Bounded: a series beyond the limit is dropped, and counted.
 */
export class Samples {
  readonly #maxSeries: number
  readonly #series = new Map<string, Series>()
  readonly #keysOf = new Map<object, Set<string>>()
  #dropped = 0

  constructor(maxSeries: number) {
    this.#maxSeries = maxSeries
  }

  get size(): number {
    return this.#series.size
  }

  /** Values that had no place. */
  get dropped(): number {
    return this.#dropped
  }

  /** Takes the numbers of a value, which may be an object of objects. */
  record(owner: object, identity: RepositoryIdentity, name: string, value: unknown): void {
    if (typeof value === 'number') this.#set(owner, identity, sanitise(`${PREFIX}_${name}`), value)
    else if (isJsonObject(value)) {
      for (const [key, member] of Object.entries(value)) {
        this.record(owner, identity, `${name}_${key}`, member)
      }
    }
  }

  /** Forgets what the repository published last. */
  forget(owner: object): void {
    for (const key of this.#keysOf.get(owner) ?? []) {
      if (this.#series.get(key)?.owner === owner) this.#series.delete(key)
    }
    this.#keysOf.delete(owner)
  }

  all(): MetricSample[] {
    return [...this.#series.values()].map(({ sample }) => sample)
  }

  #set(owner: object, identity: RepositoryIdentity, name: string, value: number): void {
    if (!Number.isFinite(value)) return
    const labels = labelsOf(identity)
    const key = JSON.stringify([name, labels.system, labels.service, labels.application])
    const known = this.#series.get(key)
    if (known === undefined && this.#series.size >= this.#maxSeries) {
      this.#dropped += 1
      return
    }
    if (known !== undefined && known.owner !== owner) this.#keysOf.get(known.owner)?.delete(key)
    this.#series.set(key, { sample: { name, value, labels }, owner })
    const keys = this.#keysOf.get(owner)
    if (keys === undefined) this.#keysOf.set(owner, new Set([key]))
    else keys.add(key)
  }
}

function labelsOf({ system = '', service = '', application }: RepositoryIdentity): MetricSample['labels'] {
  return {
    system: system.slice(0, MAX_LABEL_LENGTH),
    service: service.slice(0, MAX_LABEL_LENGTH),
    ...(application === undefined ? {} : { application: application.slice(0, MAX_LABEL_LENGTH) }),
  }
}

/** What a client chose as a name must not stand for a metric of ours, nor break the format it is written in. */
function sanitise(name: string): string {
  return name
    .slice(0, MAX_NAME_LENGTH)
    .replaceAll(/[^a-zA-Z0-9]+/g, '_')
    .replace(/_$/, '')
}
