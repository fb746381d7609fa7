import { BUCKET_COUNT } from '../counters/counters-schema.ts'
import { quantile } from '../counters/quantile.ts'
import type { FleetPoint } from './view.ts'

/** Points kept of each series: an hour of five-second points. */
export const POINTS = 720
const PAGE_POINTS = 60

interface Page {
  readonly connections: Float64Array
  readonly received: Float64Array
  readonly delivered: Float64Array
  readonly refused: Float64Array
  readonly buckets: Uint32Array
}

/** What happened between two reports. */
export interface Happened {
  received: number
  delivered: number
  refused: number
  buckets: ArrayLike<number>
}

/** One chart: pages of points, made when there is something to note, and gone when they are too old to be asked for. */
class Series {
  readonly #pages = new Map<number, Page>()
  lastSlot = 0

  get isEmpty(): boolean {
    return this.#pages.size === 0
  }

  add(slot: number, happened: Happened): void {
    const [page, at] = this.#at(slot)
    page.received[at] = (page.received[at] ?? 0) + happened.received
    page.delivered[at] = (page.delivered[at] ?? 0) + happened.delivered
    page.refused[at] = (page.refused[at] ?? 0) + happened.refused
    for (let n = 0; n < BUCKET_COUNT; n += 1) {
      const place = at * BUCKET_COUNT + n
      page.buckets[place] = Math.min((page.buckets[place] ?? 0) + (happened.buckets[n] ?? 0), 0xffff_ffff)
    }
  }

  setConnections(slot: number, connections: number): void {
    const [page, at] = this.#at(slot)
    page.connections[at] = connections
  }

  /** Adds what a slot has to a sum. */
  sum(slot: number, into: PointSum): void {
    const page = this.#pages.get(Math.floor(slot / PAGE_POINTS))
    if (!page) return
    const at = slot % PAGE_POINTS
    into.connections += page.connections[at] ?? 0
    into.received += page.received[at] ?? 0
    into.delivered += page.delivered[at] ?? 0
    into.refused += page.refused[at] ?? 0
    for (let n = 0; n < BUCKET_COUNT; n += 1) {
      into.buckets[n] = (into.buckets[n] ?? 0) + (page.buckets[at * BUCKET_COUNT + n] ?? 0)
    }
  }

  forget(slot: number): void {
    const oldest = Math.floor((slot - POINTS) / PAGE_POINTS)
    for (const page of this.#pages.keys()) if (page < oldest) this.#pages.delete(page)
  }

  #at(slot: number): [Page, number] {
    this.lastSlot = Math.max(this.lastSlot, slot)
    const index = Math.floor(slot / PAGE_POINTS)
    let page = this.#pages.get(index)
    if (!page) {
      page = {
        connections: new Float64Array(PAGE_POINTS),
        received: new Float64Array(PAGE_POINTS),
        delivered: new Float64Array(PAGE_POINTS),
        refused: new Float64Array(PAGE_POINTS),
        buckets: new Uint32Array(PAGE_POINTS * BUCKET_COUNT),
      }
      this.#pages.set(index, page)
    }
    return [page, slot % PAGE_POINTS]
  }
}

interface PointSum {
  connections: number
  received: number
  delivered: number
  refused: number
  buckets: Float64Array
}

/** The charts of a view, bounded in number; each is bounded by itself. */
export class SeriesStore {
  readonly #series = new Map<string, Series>()
  readonly #maxSeries: number
  readonly #pointMs: number
  /** Up to here all are known to be in use: with many projects that find no room, one look a slot is enough. */
  #fullSlot = Number.NEGATIVE_INFINITY

  constructor(maxSeries: number, pointMs: number) {
    this.#maxSeries = maxSeries
    this.#pointMs = pointMs
  }

  get size(): number {
    return this.#series.size
  }

  slotOf(nowMs: number): number {
    return Math.floor(nowMs / this.#pointMs)
  }

  add(key: string, slot: number, happened: Happened): void {
    this.#get(key, slot)?.add(slot, happened)
  }

  setConnections(key: string, slot: number, connections: number): void {
    // Nothing is what is there already.
    if (connections > 0) this.#get(key, slot)?.setConnections(slot, connections)
  }

  /** Every five minutes or so; drops what nobody can ask for any more. */
  forget(slot: number): void {
    for (const [key, series] of this.#series) {
      series.forget(slot)
      if (series.isEmpty) this.#series.delete(key)
    }
  }

  /** The `count` points before a slot, summed up over the charts whose key is taken. */
  points(isTaken: (key: string) => boolean, slot: number, count: number): FleetPoint[] {
    const taken = [...this.#series].filter(([key]) => isTaken(key)).map(([, series]) => series)
    const points: FleetPoint[] = []
    const seconds = this.#pointMs / 1000
    for (let at = slot - Math.min(count, POINTS); at < slot; at += 1) {
      const sum: PointSum = {
        connections: 0,
        received: 0,
        delivered: 0,
        refused: 0,
        buckets: new Float64Array(BUCKET_COUNT),
      }
      for (const series of taken) series.sum(at, sum)
      points.push({
        atMs: (at + 1) * this.#pointMs,
        connections: sum.connections,
        receivedPerSecond: sum.received / seconds,
        deliveredPerSecond: sum.delivered / seconds,
        refusedPerSecond: sum.refused / seconds,
        p50Ms: quantile(sum.buckets, 0.5),
        p99Ms: quantile(sum.buckets, 0.99),
      })
    }
    return points
  }

  #get(key: string, slot: number): Series | undefined {
    const known = this.#series.get(key)
    if (known) return known
    if (this.#series.size >= this.#maxSeries && !this.#evict(slot)) return undefined
    const series = new Series()
    this.#series.set(key, series)
    return series
  }

  /** The one that has been idle for longest; none while all are in use. */
  #evict(slot: number): boolean {
    if (slot <= this.#fullSlot) return false
    let idle: string | undefined
    let idleSlot = slot - 1
    for (const [key, series] of this.#series) {
      if (series.lastSlot >= idleSlot) continue
      idle = key
      idleSlot = series.lastSlot
    }
    if (idle === undefined) this.#fullSlot = slot
    return idle !== undefined && this.#series.delete(idle)
  }
}
