/** What is known of a person who signed in. */
export interface PersonSubjects {
  /** What memberships may name them by: `user:<sub>` first, and `email:<address>` where the provider has verified it. */
  readonly subjects: readonly string[]
  readonly name: string
}

const MAX_NAME_LENGTH = 200
/** Others cannot be members: two spellings of one address must not be two people. */
const ASCII_ADDRESS = /^[\x21-\x7e]{1,250}@[\x21-\x7e]{1,250}$/

/**
 * Reads verified claims. An address counts when `email_verified` is true, and not otherwise: some providers let people write
 * whatever they like there.
 *
 * @see OpenID Connect Core §5.7
 */
export function subjectsOf(
  claims: Readonly<Record<string, unknown>> & { readonly sub: string },
): PersonSubjects {
  const { sub, email, email_verified: isVerified, name, preferred_username: username } = claims
  const isKnown = typeof email === 'string' && isVerified === true && ASCII_ADDRESS.test(email)
  const address = isKnown ? email : null
  const shown = [name, username, address, sub].find((one) => typeof one === 'string' && one.trim() !== '')
  return {
    subjects: [`user:${sub}`, ...(address === null ? [] : [`email:${address.toLowerCase()}`])],
    name: cleanName(String(shown)) || 'somebody',
  }
}

/** Control characters would let a name forge the lines of a list. */
function cleanName(name: string): string {
  return name
    .replaceAll(/[\p{Cc}\p{Zl}\p{Zp}\p{Cs}]/gu, ' ')
    .trim()
    .slice(0, MAX_NAME_LENGTH)
    .toWellFormed()
}
