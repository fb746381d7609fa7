/** What a token says, verified or not. */
export interface TokenParts {
  readonly header: Readonly<Record<string, unknown>> | null
  readonly payload: Readonly<Record<string, unknown>> | null
}

/** Reads header and payload of a compact JWS as far as that can be done. For people to read, and for no decision. */
export function readTokenParts(token: string): TokenParts {
  const [header, payload] = token.length > MAX_LENGTH ? [] : token.split('.', 3)
  return { header: readObject(header), payload: readObject(payload) }
}

/** Longer ones are refused unread, here as elsewhere. */
const MAX_LENGTH = 8192

function readObject(part: string | undefined): Record<string, unknown> | null {
  if (part === undefined) return null
  try {
    const value: unknown = JSON.parse(new TextDecoder().decode(Buffer.from(part, 'base64url')))
    return typeof value === 'object' && value !== null && !Array.isArray(value)
      ? (value as Record<string, unknown>)
      : null
  } catch {
    return null
  }
}
