import { extractUpgradeToken } from '@portcullis/auth-core'
import { askAuthorizer } from '../authorizer/ask-authorizer.ts'
import { assertGrantHolds } from '../authorizer/grant-holds.ts'
import type { UpgradeAttempt } from './attempt.ts'

/** Reads the one token of the request. */
export function readToken(attempt: UpgradeAttempt): void {
  attempt.token = extractUpgradeToken(attempt.request).token
}

/** Asks the authorizer, and takes no grant that is over already. */
export async function authorize(attempt: UpgradeAttempt): Promise<void> {
  const { settings, request, host, token, origin, clientAddress, path, signal } = attempt
  const { headers } = request
  const asked = { host, token, origin, clientAddress, path, headers }
  const grant = await askAuthorizer(settings, asked, signal)
  assertGrantHolds(grant)
  attempt.grant = grant
}
