export { natsConnectionOptions, type NatsConnectionOptions } from './connection-options.ts'
export type { NatsTransportOptions, StreamStorage } from './options.ts'
export { DEAD_LETTER_STREAM, INBOUND_STREAM, OUTBOUND_STREAM } from './streams/definitions.ts'
export { createNatsTransport } from './transport.ts'
