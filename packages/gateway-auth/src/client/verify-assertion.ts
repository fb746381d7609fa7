import { createTokenVerifier, type TokenClaims } from '@portcullis/auth-core'
import { nullIfRefused } from '../token/null-if-refused.ts'
import type { AuthStore } from '../store/auth-store.ts'
import type { ClientRecord } from './client-record.ts'
import { assertionKeys } from './public-key.ts'

const MAX_LIFE_SECONDS = 300
const MAX_JTI_LENGTH = 256

/**
 * Whether an assertion was signed with the client's registered key, for us, and is used for the first time. In order:
 * signature and times, `iss` = `sub` = client id, `aud` (exactly the issuer, as text and not as a list), `exp` (at most 300
 * seconds ahead), `jti` (claimed in the store until the assertion ends).
 *
 * @throws GatewayAuthError `ERR_AUTH_STORE_UNAVAILABLE`
 * @see RFC 7523 §3, draft-ietf-oauth-rfc7523bis §4
 */
export async function verifyAssertion(
  store: AuthStore,
  client: ClientRecord,
  assertion: string,
  settings: { readonly issuer: string; readonly clockToleranceSeconds: number },
): Promise<boolean> {
  if (client.publicKey === null) return false
  const { issuer, clockToleranceSeconds } = settings
  const verify = createTokenVerifier({
    ...assertionKeys(client.publicKey),
    issuer: client.clientId,
    audience: issuer,
    clockToleranceSeconds,
  })
  const claims = await nullIfRefused(verify(assertion))
  if (claims === null || !isForUs(claims, client.clientId, issuer, clockToleranceSeconds)) return false
  const until = Math.ceil((claims.exp + clockToleranceSeconds) * 1000)
  return store.claim(`assertion:${client.clientId}:${claims['jti'] as string}`, until)
}

function isForUs(
  { sub, aud, exp, jti }: TokenClaims,
  clientId: string,
  issuer: string,
  clockToleranceSeconds: number,
): boolean {
  if (sub !== clientId || aud !== issuer) return false
  if (exp > Date.now() / 1000 + MAX_LIFE_SECONDS + clockToleranceSeconds) return false
  return typeof jti === 'string' && jti !== '' && jti.length <= MAX_JTI_LENGTH
}

/** `sub` of an assertion, unverified: says only whose key to try. Null for what is no JWT. */
export function subjectOf(assertion: string): string | null {
  if (assertion.length > 8192) return null
  try {
    const payload = JSON.parse(Buffer.from(assertion.split('.')[1] ?? '', 'base64url').toString('utf8')) as {
      sub?: unknown
    } | null
    return typeof payload?.sub === 'string' ? payload.sub : null
  } catch {
    return null
  }
}
