import { GatewayError } from '../errors.ts'
import type { UpgradeAttempt } from './attempt.ts'

/** A session that could neither send nor receive is not opened. */
export function checkReady({ settings, isStarted }: UpgradeAttempt): void {
  if (!isStarted || settings.transport.status().state !== 'connected') {
    throw new GatewayError('broker_unavailable', 'the message engine is not available')
  }
}
