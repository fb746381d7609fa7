import type { TokenClaims } from '../token/verify.ts'
import type {
  AuthenticationFailure,
  AuthenticationResponse,
  AuthenticationSuccess,
  Authenticator,
} from './authenticator.ts'

/** Tokens a client comes back with instead of its secret. */
export interface AccessTokens {
  /** A token for the user. `login` is kept in it when it differs. */
  issue(subject: { user: string; login?: string | undefined }): Promise<string>
  /** @throws AuthError for a token that is not one of these, or no longer */
  verify(token: unknown): Promise<TokenClaims>
}

export interface BasicAuthenticatorOptions {
  /** The user that a login stands for. @defaultValue the login itself */
  usernameResolver?: ((login?: string) => string | undefined | Promise<string | undefined>) | undefined
  /**
   * Whether the secret is the user's; anything but `true` refuses.
   * @defaultValue none: everybody is refused
   */
  secretVerifier?: ((username: string, secret: string) => boolean | Promise<boolean>) | undefined
  /** False: logins are lower-cased before everything else. @defaultValue false */
  usernameCaseSensitive?: boolean | undefined
  /** For coming back without the secret. @defaultValue none: `access-token` is refused */
  tokens?: AccessTokens | undefined
}

/** Longer ones are refused unseen. */
const MAX_LENGTH = 1024

/**
 * Authenticates `secret` (a login and a secret) and `access-token` (a token it issued itself). Without a `secretVerifier` it
 * refuses every secret: there is no default that lets strangers in.
 *
 * @throws TypeError naming the option that is wrong
 */
export function createBasicAuthenticator(options: BasicAuthenticatorOptions = {}): Authenticator {
  const { usernameResolver, secretVerifier, usernameCaseSensitive = false, tokens } = options
  for (const [name, value] of Object.entries({ usernameResolver, secretVerifier })) {
    if (value !== undefined && typeof value !== 'function')
      throw new TypeError(`"${name}" must be a function`)
  }
  if (typeof usernameCaseSensitive !== 'boolean') {
    throw new TypeError('"usernameCaseSensitive" must be a boolean')
  }

  async function bySecret(login: unknown, secret: unknown): Promise<AuthenticationResponse> {
    if (typeof login !== 'string' || typeof secret !== 'string') return failure('Missing login/secret')
    if (login.length > MAX_LENGTH || secret.length > MAX_LENGTH) return failure('Login or secret is too long')
    if (secretVerifier === undefined) return failure('No secret is accepted here')
    const name = usernameCaseSensitive ? login : login.toLowerCase()
    const user = usernameResolver === undefined ? name : await usernameResolver(name)
    if (typeof user !== 'string' || user === '') return failure('Unknown login or wrong secret')
    const verdict: unknown = await secretVerifier(user, secret)
    // Not merely truthy: a verifier that answers with the record it found would let everybody in.
    if (verdict !== true) return failure('Unknown login or wrong secret')
    return succeed(user, name, await tokens?.issue({ user, login: name }))
  }

  async function byToken(token: unknown): Promise<AuthenticationResponse> {
    if (tokens === undefined) return failure('No access token is accepted here')
    try {
      const { sub, login } = await tokens.verify(token)
      return succeed(sub, typeof login === 'string' ? login : sub, token as string)
    } catch (error) {
      return failure(`Invalid or expired token: ${error instanceof Error ? error.message : 'it is refused'}`)
    }
  }

  return async ({ authentication }) => {
    const { method, login, secret, token } = authentication
    if (method === 'secret') return bySecret(login, secret)
    if (method === 'access-token') return byToken(token)
    return failure(`Unknown authentication method ${text(method)}`)
  }
}

function succeed(user: string, login: string, accessToken: string | undefined): AuthenticationSuccess {
  return { type: 'success', user, login, ...(accessToken === undefined ? {} : { accessToken }) }
}

function failure(message: string): AuthenticationFailure {
  return { type: 'error', message }
}

/** The method as said, short enough to be sent back. */
function text(method: unknown): string {
  if (typeof method === 'string') return method.slice(0, 64)
  return method === undefined ? '' : typeof method
}
