/** Signature algorithms that a verifier may allow. `none` is not among them, and cannot be. @see RFC 7518 §3.1, RFC 8037 */
export const TOKEN_ALGORITHMS = [
  'HS256',
  'HS384',
  'HS512',
  'RS256',
  'RS384',
  'RS512',
  'PS256',
  'PS384',
  'PS512',
  'ES256',
  'ES384',
  'ES512',
  'EdDSA',
  'Ed25519',
] as const

/** One of {@link TOKEN_ALGORITHMS}. */
export type TokenAlgorithm = (typeof TOKEN_ALGORITHMS)[number]

/** The kind of key an algorithm needs. */
export function keyKindOf(algorithm: TokenAlgorithm): 'secret' | 'public' {
  return algorithm.startsWith('HS') ? 'secret' : 'public'
}
