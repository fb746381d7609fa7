import type { IncomingMessage } from 'node:http'
import type { Grant } from '../authorizer/authorizer.ts'
import type { GatewaySettings } from '../options.ts'

/** One upgrade on its way through the steps; each step reads what earlier ones found out. */
export interface UpgradeAttempt {
  readonly request: IncomingMessage
  readonly settings: GatewaySettings
  /** Whether the consumer for what workers send is there. */
  readonly isStarted: boolean
  /** Aborted when the client goes away, or with the refusal when the gateway shuts down. */
  readonly signal: AbortSignal
  readonly clientAddress: string
  path: string
  host: string
  origin: string | null
  token: string | null
  grant: Grant | undefined
}

/** A step refuses by throwing a `GatewayError` or an `AuthError`. */
export type UpgradeStep = (attempt: UpgradeAttempt) => void | Promise<void>
