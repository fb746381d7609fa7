import { positive } from '../internal/settings.ts'

/** Limits of the in-process engine. Everything it keeps is in memory and gone with the process. */
export interface EmbeddedBrokerOptions {
  /** Most bytes of payload waiting for workers; past it publications are refused. @defaultValue 67108864 */
  inboundMaxBytes?: number | undefined
  /** Longest wait of a message for its worker, milliseconds. @defaultValue 86400000 */
  inboundMaxAgeMs?: number | undefined
  /** Most bytes kept for sessions; past it the oldest go. @defaultValue 67108864 */
  outboundMaxBytes?: number | undefined
  /** How long a session's messages are kept for a resume, milliseconds. @defaultValue 120000 */
  outboundMaxAgeMs?: number | undefined
  /** How long a message id is remembered, milliseconds. @defaultValue 120000 */
  duplicateWindowMs?: number | undefined
  /** Most message ids remembered; past it the oldest go. @defaultValue 200000 */
  duplicateMaxCount?: number | undefined
  /** Largest message, bytes. @defaultValue 1048576 (as a NATS server) */
  maxMessageBytes?: number | undefined
  /** Most dead letters kept; past it the oldest go. @defaultValue 10000 */
  deadLetterMaxCount?: number | undefined
  /** Most bytes of dead letters kept; past it the oldest go. @defaultValue 67108864 */
  deadLetterMaxBytes?: number | undefined
}

export type EmbeddedSettings = Readonly<Required<{ [K in keyof EmbeddedBrokerOptions]: number }>>

/** @throws TypeError naming the option */
export function embeddedSettings(options: EmbeddedBrokerOptions = {}): EmbeddedSettings {
  return Object.freeze({
    inboundMaxBytes: positive('inboundMaxBytes', options.inboundMaxBytes, 64 * 1024 * 1024),
    inboundMaxAgeMs: positive('inboundMaxAgeMs', options.inboundMaxAgeMs, 24 * 3_600_000),
    outboundMaxBytes: positive('outboundMaxBytes', options.outboundMaxBytes, 64 * 1024 * 1024),
    outboundMaxAgeMs: positive('outboundMaxAgeMs', options.outboundMaxAgeMs, 120_000),
    duplicateWindowMs: positive('duplicateWindowMs', options.duplicateWindowMs, 120_000),
    duplicateMaxCount: positive('duplicateMaxCount', options.duplicateMaxCount, 200_000),
    maxMessageBytes: positive('maxMessageBytes', options.maxMessageBytes, 1024 * 1024),
    deadLetterMaxCount: positive('deadLetterMaxCount', options.deadLetterMaxCount, 10_000),
    deadLetterMaxBytes: positive('deadLetterMaxBytes', options.deadLetterMaxBytes, 64 * 1024 * 1024),
  })
}
