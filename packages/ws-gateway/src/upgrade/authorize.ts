import { extractUpgradeToken } from '@portcullis/auth-core'
import type { Grant } from '../authorizer/authorizer.ts'
import { GatewayError } from '../errors.ts'
import { deadline } from '../internal/deadline.ts'
import type { UpgradeAttempt } from './attempt.ts'

/** Reads the one token of the request. */
export function readToken(attempt: UpgradeAttempt): void {
  attempt.token = extractUpgradeToken(attempt.request).token
}

/** Asks the authorizer, no longer than allowed and no longer than the client stays, whether it heeds the signal or not. */
export async function authorize(attempt: UpgradeAttempt): Promise<void> {
  const { settings, request, host, token, origin, clientAddress, path } = attempt
  const { signal, clear } = deadline(
    attempt.signal,
    settings.authorizeTimeoutMs,
    () => new GatewayError('control_plane_unavailable', 'authorisation took too long'),
  )
  try {
    signal.throwIfAborted()
    const { headers } = request
    const decision = settings.authorize({ host, token, origin, clientAddress, path, headers, signal })
    attempt.grant = await Promise.race([decision, rejectedWith(signal)])
  } finally {
    clear()
  }
}

function rejectedWith(signal: AbortSignal): Promise<Grant> {
  return new Promise((_resolve, reject) => {
    signal.addEventListener('abort', () => reject(signal.reason as Error), { once: true })
  })
}
