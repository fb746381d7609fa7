import { GatewayError } from '../errors.ts'
import type { UpgradeAttempt } from './attempt.ts'

/** A page may connect only from an allowed origin: browsers send the header, and pages cannot change it. */
export function checkOrigin({ origin, host, settings }: UpgradeAttempt): void {
  if (origin !== null && !settings.isOriginAllowed(origin, host)) {
    throw new GatewayError('origin_forbidden', 'pages of this origin may not connect')
  }
}
