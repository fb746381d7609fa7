import type { FastifyInstance } from 'fastify'
import { DEFAULT_REALM } from '../adapter/refusal.ts'

const kRealm: unique symbol = Symbol.for('@portcullis/oidc-middleware/realm') as never

/** Leaves the realm for the guards of the same application. */
export function setRealm(app: FastifyInstance, realm: string): void {
  app.decorate(kRealm, { getter: () => realm })
}

export function realmOf(app: FastifyInstance): string {
  return (app as unknown as { [kRealm]?: string })[kRealm] ?? DEFAULT_REALM
}
