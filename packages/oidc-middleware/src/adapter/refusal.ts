import { STATUS_CODES } from 'node:http'
import { AuthError, challenge, type AuthErrorCode } from '@portcullis/auth-core'
import { OidcError, type OidcErrorCode } from '../errors.ts'

/** An error, read for the peer of an adapter. */
export interface Refusal {
  readonly statusCode: number
  readonly code: string
  /** Fit for the peer. */
  readonly message: string
  /** Value of `WWW-Authenticate`. */
  readonly challenge: string | undefined
  /** Value of `Retry-After`. */
  readonly retryAfterSeconds: number | undefined
}

/** What a refusal says beside its code. */
export interface RefusalOptions {
  /** Protection space. */
  realm: string
  /** Scopes that would be enough, separated by spaces. */
  scope?: string | undefined
}

/** What a peer is told about an error. The adapters have one code for tokens that are no good, expired ones included. */
export function refusalOf(error: unknown, { realm, scope }: RefusalOptions): Refusal {
  if (AuthError.is(error)) {
    const { statusCode, message, expose, retryAfterSeconds } = error
    const code = error.code === 'ERR_AUTH_TOKEN_EXPIRED' ? 'ERR_AUTH_TOKEN_INVALID' : error.code
    if (statusCode >= 500) {
      return {
        statusCode,
        code,
        message: expose ? message : 'authentication is not available',
        challenge: undefined,
        retryAfterSeconds: retryAfterSeconds ?? 1,
      }
    }
    return {
      statusCode,
      code,
      message,
      challenge: challengeFor(code, message, { realm, scope }),
      retryAfterSeconds: undefined,
    }
  }
  const { statusCode, code, message, expose } = OidcError.is(error) ? error : internalError(error)
  return {
    statusCode,
    code,
    message: expose ? message : UNSAID[code],
    // The token does not open anything and yet is sound: none of RFC 6750's errors.
    challenge: statusCode === 403 ? challenge('ERR_AUTH_TOKEN_REQUIRED', { realm }) : undefined,
    retryAfterSeconds: undefined,
  }
}

/** What a peer is told in place of a message that is not meant for it. */
const UNSAID: Readonly<Record<OidcErrorCode, string>> = {
  ERR_USER_DISABLED: 'the account is disabled',
  ERR_USER_PROVISION_FAILED: 'the user could not be looked up',
  ERR_INTERNAL: STATUS_CODES[500] as string,
}

/** For what nobody foresaw. */
export function internalError(cause: unknown): OidcError {
  return new OidcError('ERR_INTERNAL', STATUS_CODES[500] as string, { cause })
}

/** @throws TypeError when the realm cannot stand in a quoted attribute */
export function checkRealm(realm: unknown): string {
  if (typeof realm !== 'string' || realm === '' || !isQuotable(realm)) {
    throw new TypeError('"realm" must be printable ASCII without quotes and backslashes')
  }
  return realm
}

export const DEFAULT_REALM = 'portcullis'

function challengeFor(code: AuthErrorCode, message: string, { realm, scope }: RefusalOptions): string {
  const description = message.replaceAll('"', "'")
  return challenge(code, { realm, description: isQuotable(description) ? description : undefined, scope })
}

function isQuotable(text: string): boolean {
  return /^[\x20\x21\x23-\x5b\x5d-\x7e]*$/.test(text)
}
