import { randomUUID } from 'node:crypto'
import {
  encodeOutboundEnvelope,
  type InboundDelivery,
  type Scope,
  type Transport,
} from '@portcullis/transport'
import { Queue } from './queue.ts'
import { SCOPE } from './start-gateway.ts'

/** Takes and acknowledges everything for an actor type. */
export async function consume(
  transport: Transport,
  actor: string,
  scope: Scope = SCOPE,
): Promise<Queue<InboundDelivery>> {
  const deliveries = new Queue<InboundDelivery>()
  await transport.consumeInbound({
    scope,
    actor,
    onDelivery: (delivery) => {
      delivery.ack()
      deliveries.push(delivery)
    },
  })
  return deliveries
}

/** Publishes bytes to a session, as its worker would. */
export async function publish(
  transport: Transport,
  sessionId: string,
  payload: Uint8Array,
  scope: Scope = SCOPE,
): Promise<number> {
  const { sequence } = await transport.publishOutbound({ scope, sessionId, payload, messageId: randomUUID() })
  return sequence
}

/** Sends a message to a session, as its worker would. */
export function reply(transport: Transport, sessionId: string, message: unknown): Promise<number> {
  return publish(transport, sessionId, encodeOutboundEnvelope({ scope: SCOPE, sessionId, message }))
}
