export { createNatsStore } from './nats-store.ts'
export type { NatsStoreOptions } from './options.ts'
export type { BucketDrift } from './buckets.ts'
