import type { FleetEvents } from '../events.ts'

/** A whole number from `least` to `most`, or the default. @throws TypeError naming the option */
export function integerOption(
  name: string,
  value: number | undefined,
  fallback: number,
  least: number,
  most: number,
): number {
  if (value === undefined) return fallback
  if (!Number.isSafeInteger(value) || value < least || value > most) {
    throw new TypeError(`"${name}" option must be a whole number from ${least} to ${most}`)
  }
  return value
}

/** @throws TypeError naming the option */
export function functionOption(name: string, value: unknown): void {
  if (typeof value !== 'function') throw new TypeError(`"${name}" option must be a function`)
}

/** @throws TypeError naming the option */
export function eventsOption(events: FleetEvents | undefined): void {
  if (typeof events?.publishEvent !== 'function' || typeof events.subscribeEvents !== 'function') {
    throw new TypeError('"events" option must be a transport or the events of one')
  }
}
