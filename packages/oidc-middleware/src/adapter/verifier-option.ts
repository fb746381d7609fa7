import { createVerifier, type VerifierConfig } from '../verifier/create-verifier.ts'
import type { OidcVerifier } from '../verifier/verifier.ts'

/** A verifier, or what to make one of: exactly one of the two. */
export interface VerifierOption {
  /** Shared with other adapters. */
  verifier?: OidcVerifier | undefined
  /** Makes a verifier for this adapter alone. */
  config?: VerifierConfig | undefined
}

/** @throws TypeError naming the option that is wrong */
export function verifierOption({ verifier, config }: VerifierOption): OidcVerifier {
  if ((verifier === undefined) === (config === undefined)) {
    throw new TypeError('exactly one of "verifier" and "config" must be given')
  }
  if (config !== undefined) return createVerifier(config)
  if (typeof verifier?.verify !== 'function') throw new TypeError('"verifier" must be a verifier')
  return verifier
}
