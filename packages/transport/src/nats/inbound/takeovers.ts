import type { ConsumerInfo } from '@nats-io/jetstream'

const MAX_FLOORS = 8
/** Deaths after which a message in flight is suspected of killing workers, and delivered alone. */
const SUSPICIOUS_FLOORS = 2

/** What a durable consumer remembers of its workers, kept in its description so that it outlives them. */
export interface Takeovers {
  /**
   * For each worker that died, the last stream sequence it had been given. A message was in the hands of as many dead
   * workers as there are floors at or above it.
   */
  floors: readonly number[]
  /** The last stream sequence given to a worker that let go by itself: it did not die of what it had in hand. */
  released: number
}

/** Reads what an earlier worker left; a description of somebody else's says nothing. */
export function readTakeovers(info: ConsumerInfo): Takeovers {
  try {
    const { takeoverFloors, released } = JSON.parse(info.config.description ?? '') as Record<string, unknown>
    return {
      floors: Array.isArray(takeoverFloors)
        ? takeoverFloors.filter((floor) => Number.isSafeInteger(floor))
        : [],
      released: typeof released === 'number' ? released : 0,
    }
  } catch {
    return { floors: [], released: 0 }
  }
}

export function describeTakeovers({ floors, released }: Takeovers): string {
  return floors.length === 0 && released === 0 ? '' : JSON.stringify({ takeoverFloors: floors, released })
}

/** Adds the death of the worker that had the consumer until now, unless it had let go of all it was given. */
export function addDeath(takeovers: Takeovers, lastDelivered: number): Takeovers {
  if (takeovers.released === lastDelivered) return takeovers
  return { floors: [...takeovers.floors, lastDelivered].slice(-MAX_FLOORS), released: 0 }
}

export function isSuspicious({ floors }: Takeovers): boolean {
  return floors.length >= SUSPICIOUS_FLOORS
}
