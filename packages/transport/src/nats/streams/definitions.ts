import { DiscardPolicy, RetentionPolicy, StorageType, type StreamConfig } from '@nats-io/jetstream'
import { nanos } from '@nats-io/transport-node'
import type { NatsSettings } from '../options.ts'

export const INBOUND_STREAM = 'INBOUND'
export const OUTBOUND_STREAM = 'OUTBOUND'
export const DEAD_LETTER_STREAM = 'DLQ'

/** The settings of a stream that the relay depends on, and nothing else: the rest belongs to the operator. */
export type StreamDefinition = Pick<
  StreamConfig,
  | 'name'
  | 'subjects'
  | 'retention'
  | 'storage'
  | 'discard'
  | 'num_replicas'
  | 'max_age'
  | 'max_bytes'
  | 'max_msg_size'
  | 'duplicate_window'
>

/** The three streams as this process wants them (docs/storage.md). */
export function streamDefinitions(settings: NatsSettings): StreamDefinition[] {
  const common = {
    storage: settings.storage === 'file' ? StorageType.File : StorageType.Memory,
    num_replicas: settings.replicas,
    max_msg_size: settings.maxMessageBytes,
  }
  // The server refuses a duplicate window longer than the age limit.
  const duplicateWindow = (maxAgeMs: number) => nanos(Math.min(settings.duplicateWindowMs, maxAgeMs))
  return [
    {
      ...common,
      name: INBOUND_STREAM,
      subjects: ['inbound.>'],
      retention: RetentionPolicy.Workqueue,
      // A full queue refuses what is new: what was acknowledged to a client is not thrown away for it.
      discard: DiscardPolicy.New,
      max_age: nanos(settings.inboundMaxAgeMs),
      max_bytes: settings.inboundMaxBytes,
      duplicate_window: duplicateWindow(settings.inboundMaxAgeMs),
    },
    {
      ...common,
      name: OUTBOUND_STREAM,
      subjects: ['outbound.>'],
      retention: RetentionPolicy.Limits,
      discard: DiscardPolicy.Old,
      max_age: nanos(settings.outboundMaxAgeMs),
      max_bytes: settings.outboundMaxBytes,
      duplicate_window: duplicateWindow(settings.outboundMaxAgeMs),
    },
    {
      ...common,
      name: DEAD_LETTER_STREAM,
      subjects: ['dlq.>'],
      retention: RetentionPolicy.Limits,
      discard: DiscardPolicy.Old,
      max_age: nanos(settings.deadLetterMaxAgeMs),
      max_bytes: settings.deadLetterMaxBytes,
      // A dead letter holds its message in base64.
      max_msg_size: settings.maxMessageBytes * 2,
      duplicate_window: duplicateWindow(settings.deadLetterMaxAgeMs),
    },
  ]
}
