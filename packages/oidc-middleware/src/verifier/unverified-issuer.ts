import { MAX_TOKEN_BYTES } from '@portcullis/auth-core'

/**
 * What an unverified token says its issuer is, or null when it says nothing readable. Good for one thing: to look the
 * issuer up among those configured. It MUST NOT become part of a URL.
 */
export function unverifiedIssuer(token: unknown): string | null {
  if (typeof token !== 'string' || token.length > MAX_TOKEN_BYTES) return null
  const payload = token.split('.', 3)[1]
  if (payload === undefined) return null
  try {
    const claims = JSON.parse(Buffer.from(payload, 'base64url').toString('utf8')) as { iss?: unknown } | null
    return typeof claims?.iss === 'string' ? claims.iss : null
  } catch {
    return null
  }
}
