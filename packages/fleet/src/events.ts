import type { Transport } from '@portcullis/transport'

/**
 * What carries the fleet's messages: a transport, or `createNatsEvents` of `@portcullis/transport/nats`. Started before the
 * agent or the view, closed after it. With `status`, nothing is published while it is not connected: what is missed then shows as
 * a gap, and everything is told anew.
 */
export type FleetEvents = Pick<Transport, 'publishEvent' | 'subscribeEvents'> & {
  status?: (() => { readonly state: string }) | undefined
}

/** What is worth telling an operator; pino fits. */
export interface FleetLogger {
  debug(fields: object, message: string): void
  info(fields: object, message: string): void
  warn(fields: object, message: string): void
  error(fields: object, message: string): void
}

export const silentLogger: FleetLogger = Object.freeze({
  debug: () => undefined,
  info: () => undefined,
  warn: () => undefined,
  error: () => undefined,
})
