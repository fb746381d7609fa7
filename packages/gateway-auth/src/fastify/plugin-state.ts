import type { FastifyInstance } from 'fastify'
import type { InternalSecretCheck } from './internal-secret.ts'

/** What `gatewayAuth` leaves for guards and routes of the same application. */
export interface PluginState {
  readonly realm: string
  /** Null when no secret is configured. */
  readonly assertInternal: InternalSecretCheck | null
}

export const DEFAULT_REALM = 'portcullis'

const kState: unique symbol = Symbol.for('@portcullis/gateway-auth/state') as never

export function setPluginState(app: FastifyInstance, state: PluginState): void {
  app.decorate(kState, { getter: () => state })
}

/** Undefined when `gatewayAuth` is not registered where `app` could see it. */
export function pluginState(app: FastifyInstance): PluginState | undefined {
  return (app as unknown as { [kState]?: PluginState })[kState]
}

/** @throws TypeError when the realm cannot stand in a quoted attribute */
export function checkRealm(realm: string): string {
  if (typeof realm !== 'string' || !/^[\x20\x21\x23-\x5b\x5d-\x7e]+$/.test(realm)) {
    throw new TypeError('"realm" must be printable ASCII without quotes and backslashes')
  }
  return realm
}
