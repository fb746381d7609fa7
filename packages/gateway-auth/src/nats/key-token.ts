const PLAIN = /^[A-Za-z0-9_-]+$/

/** An id as one token of a subject; ids with other characters than most have are written in base64. */
export function toToken(id: string): string {
  return PLAIN.test(id) ? id : `=${Buffer.from(id).toString('base64url')}`
}

/** The id that `toToken` wrote. */
export function fromToken(token: string): string {
  return token.startsWith('=') ? Buffer.from(token.slice(1), 'base64url').toString() : token
}
