/** What has happened since the gateway started. Numbers only grow. */
export interface Counters {
  messagesIn: number
  messagesOut: number
  /** Refused messages, hellos included. */
  refusals: number
  calls: number
  streamEvents: number
  contextUpdates: number
  busEvents: number
  /** Connections closed because they did not read. */
  slowConsumers: number
  /** Requests refused because the receiver's mailbox was full. */
  mailboxFull: number
}

export function createCounters(): Counters {
  return {
    messagesIn: 0,
    messagesOut: 0,
    refusals: 0,
    calls: 0,
    streamEvents: 0,
    contextUpdates: 0,
    busEvents: 0,
    slowConsumers: 0,
    mailboxFull: 0,
  }
}
