import type { Grant } from '../authorizer/authorizer.ts'
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
  // The last step sees to it.
  return attempt.grant as Grant
}
