import type { ConsumeInboundOptions } from '../transport.ts'
import { LONGEST_TIMER_MS, positive } from './settings.ts'

export type ConsumeSettings = Pick<ConsumeInboundOptions, 'scope' | 'actor' | 'onDelivery' | 'onActive'> & {
  readonly maxInFlight: number
  readonly ackWaitMs: number
}

/** @throws TypeError naming the option */
export function consumeSettings(options: ConsumeInboundOptions): ConsumeSettings {
  if (typeof options.onDelivery !== 'function') throw new TypeError('"onDelivery" option must be a function')
  return Object.freeze({
    scope: options.scope,
    actor: options.actor,
    onDelivery: options.onDelivery,
    onActive: options.onActive,
    maxInFlight: positive('maxInFlight', options.maxInFlight, 256),
    ackWaitMs: positive('ackWaitMs', options.ackWaitMs, 30_000, LONGEST_TIMER_MS),
  })
}
