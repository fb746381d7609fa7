import {
  AckPolicy,
  type ConsumerConfig,
  type ConsumerInfo,
  DeliverPolicy,
  type JetStreamManager,
} from '@nats-io/jetstream'
import { nanos } from '@nats-io/transport-node'
import { TransportError } from '../../errors.ts'
import type { ConsumeSettings } from '../../internal/consume-settings.ts'
import { inboundConsumerName, inboundFilter } from '../../subject/subjects.ts'
import { INBOUND_STREAM } from '../streams/definitions.ts'
import { isNotFound } from '../streams/ensure.ts'
import { addDeath, describeTakeovers, isSuspicious, readTakeovers, type Takeovers } from './takeovers.ts'

/** The durable consumer of one actor type, ready to be consumed from. */
export interface Durable {
  name: string
  floors: readonly number[]
  /** One delivery at a time, until the suspicious messages are done with. */
  isNarrow: boolean
}

const NOTHING: Takeovers = { floors: [], released: 0 }

/**
 * Finds or creates the durable consumer. Made anew when messages are in flight, so that those come first and at once, in
 * the order of the stream: what was on its way to a connection that is gone would come after its deadline, and later
 * messages would overtake it. Also made anew when it was made with other settings.
 */
export async function openDurable(
  jsm: JetStreamManager,
  settings: ConsumeSettings,
  hasPredecessorDied: boolean,
): Promise<Durable> {
  const info = await findConsumer(jsm, settings)
  if (!info) return addDurable(jsm, settings, NOTHING)
  const isIdle = info.num_ack_pending === 0
  const left = readTakeovers(info)
  const takeovers = hasPredecessorDied && !isIdle ? addDeath(left, info.delivered.stream_seq) : left
  const wanted = durableConfig(settings, takeovers)
  if (isIdle && isAsWanted(info.config, wanted)) return describeDurable(info)
  await jsm.consumers.delete(INBOUND_STREAM, info.name)
  return addDurable(jsm, settings, takeovers)
}

/** Back to the normal window once the suspicious messages are done with. */
export async function widenDurable(jsm: JetStreamManager, settings: ConsumeSettings): Promise<void> {
  const { max_ack_pending, description } = durableConfig(settings, NOTHING)
  await jsm.consumers.update(INBOUND_STREAM, inboundConsumerName(settings.scope, settings.actor), {
    max_ack_pending: max_ack_pending ?? settings.maxInFlight,
    description: description ?? '',
  })
}

/** Notes that the worker lets go of what it has in hand, so that nobody takes it for dead. */
export async function releaseDurable(jsm: JetStreamManager, settings: ConsumeSettings): Promise<void> {
  const info = await findConsumer(jsm, settings)
  if (!info || info.num_ack_pending === 0) return
  const { floors } = readTakeovers(info)
  await jsm.consumers.update(INBOUND_STREAM, info.name, {
    description: describeTakeovers({ floors, released: info.delivered.stream_seq }),
  })
}

function durableConfig(settings: ConsumeSettings, takeovers: Takeovers): Partial<ConsumerConfig> {
  return {
    durable_name: inboundConsumerName(settings.scope, settings.actor),
    filter_subject: inboundFilter(settings.scope, settings.actor),
    ack_policy: AckPolicy.Explicit,
    deliver_policy: DeliverPolicy.All,
    max_ack_pending: isSuspicious(takeovers) ? 1 : settings.maxInFlight,
    ack_wait: nanos(settings.ackWaitMs),
    description: describeTakeovers(takeovers),
  }
}

function isAsWanted(actual: ConsumerConfig, wanted: Partial<ConsumerConfig>): boolean {
  // Limited deliveries would leave a message that nobody acknowledges in the stream for good.
  const isUnlimited = (actual.max_deliver ?? -1) <= 0
  return (
    isUnlimited && actual.max_ack_pending === wanted.max_ack_pending && actual.ack_wait === wanted.ack_wait
  )
}

async function addDurable(
  jsm: JetStreamManager,
  settings: ConsumeSettings,
  takeovers: Takeovers,
): Promise<Durable> {
  return describeDurable(await jsm.consumers.add(INBOUND_STREAM, durableConfig(settings, takeovers)))
}

async function findConsumer(
  jsm: JetStreamManager,
  settings: ConsumeSettings,
): Promise<ConsumerInfo | undefined> {
  const name = inboundConsumerName(settings.scope, settings.actor)
  let info: ConsumerInfo
  try {
    info = await jsm.consumers.info(INBOUND_STREAM, name)
  } catch (error) {
    if (isNotFound(error)) return undefined
    throw error
  }
  // `rt-a-b-c` is the consumer of several scopes; taking over another tenant's would hand us its messages.
  if (info.config.filter_subject !== inboundFilter(settings.scope, settings.actor)) {
    throw new TransportError('ERR_TRANSPORT_CONSUMER_CONFLICT', `consumer ${name} serves another subject`)
  }
  return info
}

function describeDurable(info: ConsumerInfo): Durable {
  const takeovers = readTakeovers(info)
  return { name: info.name, floors: takeovers.floors, isNarrow: isSuspicious(takeovers) }
}
