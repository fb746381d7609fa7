export { EmbeddedBroker } from './broker.ts'
export type { EmbeddedBrokerOptions } from './options.ts'
export { createEmbeddedTransport, type EmbeddedTransportOptions } from './transport.ts'
