import { randomBytes } from 'node:crypto'
import type { InboundMessage, OutboundMessage, Scope } from '../../src/index.ts'
import { TransportError } from '../../src/index.ts'

export const SCOPE: Scope = { workspaceId: 'w', projectId: 'p' }

/** An id that no other call gives. */
export const unique = (): string => randomBytes(8).toString('hex')

export function inbound(n: number, over: Partial<InboundMessage> = {}): InboundMessage {
  return {
    scope: SCOPE,
    actor: 'room',
    actorId: 'i',
    payload: Buffer.from(JSON.stringify({ n })),
    messageId: unique(),
    ...over,
  }
}

export function outbound(n: number, over: Partial<OutboundMessage> = {}): OutboundMessage {
  return {
    scope: SCOPE,
    sessionId: 'gw.s',
    payload: Buffer.from(JSON.stringify({ n })),
    messageId: unique(),
    ...over,
  }
}

export function numberOf(delivery: { payload: Uint8Array }): number {
  return (JSON.parse(Buffer.from(delivery.payload).toString()) as { n: number }).n
}

export const numbers = (deliveries: readonly { payload: Uint8Array }[]): number[] => deliveries.map(numberOf)

export const range = (from: number, to: number): number[] =>
  Array.from({ length: to - from }, (_, n) => from + n)

/** The code with which a promise is refused; anything else is returned as it is. */
export async function codeOf(promise: Promise<unknown>): Promise<unknown> {
  try {
    return { resolved: await promise }
  } catch (error) {
    return TransportError.is(error) ? error.code : error
  }
}
