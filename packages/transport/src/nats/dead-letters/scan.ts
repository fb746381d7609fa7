import { AckPolicy, DeliverPolicy, jetstream, type JetStreamManager } from '@nats-io/jetstream'
import { nanos, type NatsConnection, nuid } from '@nats-io/transport-node'
import { DEAD_LETTER_STREAM } from '../streams/definitions.ts'

/** Sequences looked at first, going back from the newest; eight times as many each time until there are enough. */
const FIRST_WINDOW = 512
const WINDOW_FACTOR = 8
/** Headers read for one page. Past it the page ends where the search has come to. */
const MAX_SCANNED = 50_000
const FETCH_COUNT = 1000
const FETCH_EXPIRES_MS = 2000
const INACTIVE_MS = 10_000

export interface Scan {
  /** Newest first. */
  sequences: number[]
  /** Only what is older is still to be looked at; undefined at the end. */
  before: number | undefined
}

export interface ScanSettings {
  filter: string
  before: number
  count: number
  timeoutMs: number
}

/**
 * Finds the newest messages under a filter. A stream is read upwards only, so windows of growing size are read, headers alone,
 * each by a consumer that lives as long as the call.
 */
export async function scanBackwards(
  connection: NatsConnection,
  jsm: JetStreamManager,
  { filter, before, count, timeoutMs }: ScanSettings,
): Promise<Scan> {
  const { state } = await jsm.streams.info(DEAD_LETTER_STREAM)
  const sequences: number[] = []
  let high = Math.min(before - 1, state.last_seq)
  let scanned = 0
  for (let size = FIRST_WINDOW; high >= state.first_seq && state.messages > 0; size *= WINDOW_FACTOR) {
    const low = Math.max(state.first_seq, high - size + 1)
    const found = await readWindow(connection, jsm, filter, low, high, timeoutMs)
    scanned += found.length
    sequences.push(...found.toReversed())
    if (sequences.length >= count) {
      const wanted = sequences.slice(0, count)
      const last = wanted.at(-1) ?? 0
      return { sequences: wanted, before: last > state.first_seq ? last : undefined }
    }
    high = low - 1
    if (scanned >= MAX_SCANNED) return { sequences, before: low > state.first_seq ? low : undefined }
  }
  return { sequences, before: undefined }
}

async function readWindow(
  connection: NatsConnection,
  jsm: JetStreamManager,
  filter: string,
  low: number,
  high: number,
  timeoutMs: number,
): Promise<number[]> {
  const info = await jsm.consumers.add(DEAD_LETTER_STREAM, {
    name: `look-${nuid.next()}`,
    filter_subject: filter,
    ack_policy: AckPolicy.None,
    deliver_policy: DeliverPolicy.StartSequence,
    opt_start_seq: low,
    headers_only: true,
    mem_storage: true,
    num_replicas: 1,
    inactive_threshold: nanos(INACTIVE_MS),
  })
  const found: number[] = []
  try {
    let pending = info.num_pending
    const js = jetstream(connection, { timeout: timeoutMs })
    const consumer = pending > 0 ? await js.consumers.get(DEAD_LETTER_STREAM, info.name) : undefined
    let isPast = false
    while (consumer && pending > 0 && !isPast) {
      const before = found.length
      const messages = await consumer.fetch({
        max_messages: Math.min(pending, FETCH_COUNT, high - low + 1),
        expires: FETCH_EXPIRES_MS,
      })
      for await (const message of messages) {
        pending = message.info.pending
        if (message.seq > high) {
          isPast = true
          break
        }
        found.push(message.seq)
        if (message.seq === high) isPast = true
      }
      // Removed by somebody else meanwhile: nothing more is to come.
      if (found.length === before) break
    }
  } finally {
    await jsm.consumers.delete(DEAD_LETTER_STREAM, info.name).catch(() => false)
  }
  return found
}
