import { TransportError } from '@portcullis/transport'
import type { FleetEvents } from '../events.ts'

/** What became of a frame. `large`: the engine takes smaller ones only. */
export type Published = 'sent' | 'away' | 'refused' | 'large'

/**
 * Publishes, unless the engine is away: what an engine holds meanwhile is less than what the fleet would say, and other notices
 * wait there too.
 */
export function publish(events: FleetEvents, subject: string, payload: Uint8Array): Published {
  try {
    if (isAway(events)) return 'away'
    events.publishEvent(subject, payload)
    return 'sent'
  } catch (error) {
    return TransportError.is(error) && error.code === 'ERR_TRANSPORT_TOO_LARGE' ? 'large' : 'refused'
  }
}

export function isAway(events: FleetEvents): boolean {
  return events.status !== undefined && events.status().state !== 'connected'
}
