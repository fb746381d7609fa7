import type { NodeConnectionOptions } from '@nats-io/transport-node'
import { LONGEST_TIMER_MS, positive } from '../internal/settings.ts'
import { natsConnectionOptions, type NatsConnectionOptions } from './connection-options.ts'

export type StreamStorage = 'file' | 'memory'

/** What the relay depends on is set over `connection`. */
export interface NatsTransportOptions extends NatsConnectionOptions {
  /**
   * Where the three streams are kept. `file` survives a restart of the server; `memory` is faster and forgets, so that
   * acknowledged messages are lost with the server. @defaultValue "file"
   */
  storage?: StreamStorage | undefined
  /** Copies of each stream in a cluster, 1 to 5. @defaultValue 1 */
  replicas?: number | undefined
  /**
   * What to do about a stream that exists with other settings: bring it in line where the server allows and report the
   * rest (`update`), only report (`report`), or refuse to start (`fail`). @defaultValue "update"
   */
  drift?: 'update' | 'report' | 'fail' | undefined
  /** INBOUND: past it publications are refused. @defaultValue 536870912 */
  inboundMaxBytes?: number | undefined
  /** INBOUND: longest wait of a message for its worker, milliseconds. @defaultValue 86400000 */
  inboundMaxAgeMs?: number | undefined
  /** OUTBOUND: past it the oldest go. @defaultValue 536870912 */
  outboundMaxBytes?: number | undefined
  /** OUTBOUND: how long a session's messages are kept for a resume, milliseconds. @defaultValue 120000 */
  outboundMaxAgeMs?: number | undefined
  /** DLQ: past it the oldest go. @defaultValue 268435456 */
  deadLetterMaxBytes?: number | undefined
  /** DLQ: how long dead letters are kept, milliseconds. @defaultValue 1209600000 (14 days) */
  deadLetterMaxAgeMs?: number | undefined
  /** Largest message in any stream, bytes. @defaultValue 1048576 */
  maxMessageBytes?: number | undefined
  /** How long the server remembers message ids, milliseconds. @defaultValue 120000 */
  duplicateWindowMs?: number | undefined
  /** Wait for one acknowledgement before the message is sent again, milliseconds. @defaultValue 2000 */
  ackTimeoutMs?: number | undefined
  /** Most messages held for an acknowledgement. @defaultValue 65536 */
  maxPendingCount?: number | undefined
  /** Most bytes held for an acknowledgement. @defaultValue 67108864 */
  maxPendingBytes?: number | undefined
  /**
   * How long a silent worker keeps its actor type before another takes over, milliseconds, at least 1000. The first
   * worker on a server decides for all. @defaultValue 5000
   */
  leaseMs?: number | undefined
}

export type NatsSettings = Readonly<
  Required<{
    [K in Exclude<keyof NatsTransportOptions, keyof NatsConnectionOptions>]: NonNullable<
      NatsTransportOptions[K]
    >
  }> & {
    /** For `connect()`. */
    connection: NodeConnectionOptions
  }
>

/** @throws TypeError naming the option */
export function natsSettings(options: NatsTransportOptions): NatsSettings {
  const { storage = 'file', drift = 'update', replicas = 1 } = options
  if (storage !== 'file' && storage !== 'memory')
    throw new TypeError('"storage" option must be file or memory')
  if (!['update', 'report', 'fail'].includes(drift)) {
    throw new TypeError('"drift" option must be update, report or fail')
  }
  if (positive('replicas', replicas, 1) > 5) throw new TypeError('"replicas" option must be at most 5')
  const leaseMs = positive('leaseMs', options.leaseMs, 5000, LONGEST_TIMER_MS)
  if (leaseMs < 1000) throw new TypeError('"leaseMs" option must be at least 1000')
  return Object.freeze({
    connection: natsConnectionOptions(options),
    storage,
    drift,
    replicas,
    inboundMaxBytes: positive('inboundMaxBytes', options.inboundMaxBytes, 512 * 1024 * 1024),
    inboundMaxAgeMs: positive('inboundMaxAgeMs', options.inboundMaxAgeMs, 24 * 3_600_000),
    outboundMaxBytes: positive('outboundMaxBytes', options.outboundMaxBytes, 512 * 1024 * 1024),
    outboundMaxAgeMs: positive('outboundMaxAgeMs', options.outboundMaxAgeMs, 120_000),
    deadLetterMaxBytes: positive('deadLetterMaxBytes', options.deadLetterMaxBytes, 256 * 1024 * 1024),
    deadLetterMaxAgeMs: positive('deadLetterMaxAgeMs', options.deadLetterMaxAgeMs, 14 * 24 * 3_600_000),
    maxMessageBytes: positive('maxMessageBytes', options.maxMessageBytes, 1024 * 1024),
    duplicateWindowMs: positive('duplicateWindowMs', options.duplicateWindowMs, 120_000),
    ackTimeoutMs: positive('ackTimeoutMs', options.ackTimeoutMs, 2000),
    maxPendingCount: positive('maxPendingCount', options.maxPendingCount, 65_536),
    maxPendingBytes: positive('maxPendingBytes', options.maxPendingBytes, 64 * 1024 * 1024),
    leaseMs,
  })
}
