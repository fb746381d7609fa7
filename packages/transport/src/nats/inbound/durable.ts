import { AckPolicy, type ConsumerConfig, type ConsumerInfo, DeliverPolicy, type JetStreamManager } from '@nats-io/jetstream'
import { nanos } from '@nats-io/transport-node'
import { TransportError } from '../../errors.ts'
import { inboundConsumerName, inboundFilter } from '../../subject/subjects.ts'
import type { ConsumeInboundOptions } from '../../transport.ts'
import { INBOUND_STREAM } from '../streams/definitions.ts'
import { isNotFound } from '../streams/ensure.ts'

const MAX_FLOORS = 8
/** Takeovers after which a message in flight is suspected of killing workers, and delivered alone. */
const SUSPICIOUS_FLOORS = 2

/** The durable consumer of one actor type, ready to be consumed from. */
export interface Durable {
  name: string
  /**
   * For each worker that died, the last stream sequence it had been given. A message was in the hands of as many dead
   * workers as there are floors at or above it; kept in the consumer's description so that it outlives the workers.
   */
  floors: readonly number[]
  /** Deliveries the server makes without an ack; 1 while a suspicious message has to run alone. */
  maxAckPending: number
}

/** Finds or creates the durable consumer, leaving what is in flight to its deadline. */
export async function openDurable(jsm: JetStreamManager, options: ConsumeInboundOptions): Promise<Durable> {
  const info = await findConsumer(jsm, options)
  return info ? describeDurable(info) : addDurable(jsm, options, [])
}

/**
 * Takes the durable consumer over from a worker that is gone. Made anew when messages were in flight, so that those come
 * first and at once, in the order of the stream; waiting for their deadline would let later ones overtake them.
 */
export async function takeOverDurable(
  jsm: JetStreamManager,
  options: ConsumeInboundOptions,
  hasPredecessorDied: boolean,
): Promise<Durable> {
  const info = await findConsumer(jsm, options)
  if (!info) return addDurable(jsm, options, [])
  if (info.num_ack_pending === 0) return describeDurable(info)
  const floors = readFloors(info)
  if (hasPredecessorDied) floors.push(info.delivered.stream_seq)
  await jsm.consumers.delete(INBOUND_STREAM, info.name)
  return addDurable(jsm, options, floors.slice(-MAX_FLOORS))
}

/** Back to the normal window once the suspicious messages are done with. */
export async function widenDurable(jsm: JetStreamManager, options: ConsumeInboundOptions): Promise<void> {
  await jsm.consumers.update(INBOUND_STREAM, inboundConsumerName(options.scope, options.actor), {
    max_ack_pending: options.maxInFlight ?? 256,
    description: '',
  })
}

async function addDurable(
  jsm: JetStreamManager,
  options: ConsumeInboundOptions,
  floors: number[],
): Promise<Durable> {
  const isSuspicious = floors.length >= SUSPICIOUS_FLOORS
  const config: Partial<ConsumerConfig> = {
    durable_name: inboundConsumerName(options.scope, options.actor),
    filter_subject: inboundFilter(options.scope, options.actor),
    ack_policy: AckPolicy.Explicit,
    deliver_policy: DeliverPolicy.All,
    max_ack_pending: isSuspicious ? 1 : (options.maxInFlight ?? 256),
    ack_wait: nanos(options.ackWaitMs ?? 30_000),
    ...(floors.length > 0 ? { description: JSON.stringify({ takeoverFloors: floors }) } : {}),
  }
  return describeDurable(await jsm.consumers.add(INBOUND_STREAM, config))
}

async function findConsumer(
  jsm: JetStreamManager,
  options: ConsumeInboundOptions,
): Promise<ConsumerInfo | undefined> {
  const name = inboundConsumerName(options.scope, options.actor)
  let info: ConsumerInfo
  try {
    info = await jsm.consumers.info(INBOUND_STREAM, name)
  } catch (error) {
    if (isNotFound(error)) return undefined
    throw error
  }
  // `rt-a-b-c` is the consumer of several scopes; taking over another tenant's would hand us its messages.
  if (info.config.filter_subject !== inboundFilter(options.scope, options.actor)) {
    throw new TransportError('ERR_TRANSPORT_CONSUMER_CONFLICT', `consumer ${name} serves another subject`)
  }
  return info
}

function describeDurable(info: ConsumerInfo): Durable {
  return { name: info.name, floors: readFloors(info), maxAckPending: info.config.max_ack_pending ?? 256 }
}

function readFloors(info: ConsumerInfo): number[] {
  try {
    const description: unknown = JSON.parse(info.config.description ?? '')
    const floors = (description as { takeoverFloors?: unknown } | null)?.takeoverFloors
    return Array.isArray(floors) ? floors.filter((floor) => Number.isSafeInteger(floor)) : []
  } catch {
    return []
  }
}
