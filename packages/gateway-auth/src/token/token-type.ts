/** `typ` of our refresh tokens, so that no verifier of access tokens takes one. @see RFC 8725 §3.11 */
export const REFRESH_TYP = 'refresh+jwt'

/** `typ` of our access tokens. @see RFC 9068 §2.1 */
export const ACCESS_TYP = 'at+jwt'

/** The `typ` header of a token that was verified, lower case and without `application/`; undefined when absent. */
export function typOf(token: string): string | undefined {
  const header = JSON.parse(
    Buffer.from(token.slice(0, token.indexOf('.')), 'base64url').toString('utf8'),
  ) as { typ?: unknown }
  if (header.typ === undefined) return undefined
  // Anything else than text is no type that we know.
  if (typeof header.typ !== 'string') return ''
  return header.typ.toLowerCase().replace(/^application\//, '')
}
