import type { InboundDelivery, InboundEnvelope } from '@portcullis/transport'

/** The sender's part of an inbound envelope. */
export type Session = Omit<InboundEnvelope, 'message'>

/** A message in hand. Redeliveries of it replace `delivery`, so that the newest ack is the one that is sent. */
export interface HeldMessage {
  kind: 'message'
  delivery: InboundDelivery
  /** Attempts made so far, those of dead workers included. */
  attempts: number
  readonly key: string
}

/** What makes two deliveries one message: an id alone may be used again, a sequence alone belongs to one stream life. */
export function messageKey({ sequence, messageId }: Pick<InboundDelivery, 'sequence' | 'messageId'>): string {
  return `${sequence}/${messageId}`
}

/** A session that is gone, to be told to one of the actor ids it had sent to. */
export interface Disconnection {
  kind: 'disconnect'
  session: Session
  subject: string
}

export type Task = HeldMessage | Disconnection
