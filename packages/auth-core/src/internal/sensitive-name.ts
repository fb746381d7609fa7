/** Whole names that carry credentials although their ending does not say so. Compared without punctuation. */
const NAMES = new Set([
  'code',
  'codeverifier',
  'auth',
  'authorization',
  'bearer',
  'sig',
  'key',
  'pwd',
  'sid',
  'sessionid',
])

/** Endings, so that `access_token`, `refreshToken`, `client-secret` and `x_internal_secret` need no entries of their own. */
const ENDINGS =
  /(?:tokens?|secret|password|passwd|passphrase|ticket|assertion|signature|apikey|jwt|credentials?|cookie)$/

/**
 * Whether a decoded parameter name may carry a credential. Letter case, punctuation, trailing digits and control
 * characters do not matter, and any part counts: `auth[token]`, `user.id_token` and `Access-Token` all match.
 */
export function isSensitiveName(name: string): boolean {
  const lower = name.toLowerCase()
  return isSensitivePart(lower) || lower.split(/[^a-z0-9_-]+/).some(isSensitivePart)
}

function isSensitivePart(part: string): boolean {
  const letters = part.replace(/[^a-z0-9]+/g, '')
  let end = letters.length
  while (end > 0 && isDigit(letters.charCodeAt(end - 1))) end -= 1
  const name = letters.slice(0, end)
  return NAMES.has(name) || ENDINGS.test(name)
}

function isDigit(code: number): boolean {
  return code >= 0x30 && code <= 0x39
}
