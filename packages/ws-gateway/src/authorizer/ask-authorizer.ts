import { GatewayError } from '../errors.ts'
import { deadline } from '../internal/deadline.ts'
import type { GatewaySettings } from '../options.ts'
import type { Grant, UpgradeRequest } from './authorizer.ts'
import { checkGrant } from './check-grant.ts'

/**
 * Asks the authorizer, no longer than allowed and no longer than somebody waits for it, whether it heeds the signal or not.
 *
 * @param parent aborted when nobody waits any more
 * @throws what the authorizer throws; the reason of `parent`; GatewayError `control_plane_unavailable` when it takes too
 *   long; TypeError when its answer is no grant
 */
export async function askAuthorizer(
  { authorize, authorizeTimeoutMs }: Pick<GatewaySettings, 'authorize' | 'authorizeTimeoutMs'>,
  request: Omit<UpgradeRequest, 'signal'>,
  parent: AbortSignal,
): Promise<Grant> {
  const { signal, clear } = deadline(
    parent,
    authorizeTimeoutMs,
    () => new GatewayError('control_plane_unavailable', 'authorisation took too long'),
  )
  try {
    signal.throwIfAborted()
    const decision = authorize({ ...request, signal })
    return checkGrant(await Promise.race([decision, rejectedWith(signal)]))
  } finally {
    clear()
  }
}

function rejectedWith(signal: AbortSignal): Promise<never> {
  return new Promise((_resolve, reject) => {
    signal.addEventListener('abort', () => reject(signal.reason as Error), { once: true })
  })
}
