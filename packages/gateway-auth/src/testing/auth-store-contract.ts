import { describe } from 'vitest'
import { claimContract } from './claim-contract.ts'
import { clientContract } from './client-contract.ts'
import { clientListContract } from './client-list-contract.ts'
import { familyContract } from './family-contract.ts'
import type { OpenStores } from './opened-stores.ts'
import { rateContract } from './rate-contract.ts'
import { revocationContract } from './revocation-contract.ts'

/**
 * Registers the tests that every `AuthStore` must pass.
 *
 * @param name - shown in the test titles
 * @param open - opens two handles on the same empty store
 * @param options.casRounds - how often 50 callers race for one refresh. @defaultValue 20
 */
export function authStoreContract(
  name: string,
  open: OpenStores,
  options: { casRounds?: number | undefined } = {},
): void {
  describe(`auth store contract: ${name}`, () => {
    clientContract(open)
    clientListContract(open)
    familyContract(open, options.casRounds ?? 20)
    revocationContract(open)
    claimContract(open)
    rateContract(open)
  })
}
