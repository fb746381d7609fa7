import type { Grant } from '../authorizer/authorizer.ts'
import { parseGrant } from '../authorizer/parse-grant.ts'
import type { UpgradeAttempt, UpgradeStep } from './attempt.ts'
import { authorize, readToken } from './authorize.ts'
import { checkOrigin } from './check-origin.ts'
import { checkPath } from './check-path.ts'
import { checkReady } from './check-ready.ts'
import { checkRequest } from './check-request.ts'

/** In this order: what costs nothing first, what asks others last. */
const STEPS: readonly UpgradeStep[] = [checkPath, checkRequest, checkOrigin, checkReady, readToken, authorize]

/**
 * Decides on an upgrade.
 *
 * @throws GatewayError or AuthError of the first step that refuses
 */
export async function decideUpgrade(attempt: UpgradeAttempt): Promise<Grant> {
  for (const step of STEPS) await step(attempt)
  const grant = parseGrant(attempt.grant)
  if (!grant) throw new TypeError('the authorizer gave something that is no grant')
  return grant
}
