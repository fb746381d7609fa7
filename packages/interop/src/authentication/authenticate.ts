import type {
  AuthenticationContinue,
  AuthenticationRequest,
  AuthenticationResponse,
  AuthenticationSuccess,
  Authenticator,
} from '@portcullis/auth-core'
import { AuthError } from '@portcullis/auth-core'
import { InteropError } from '../errors.ts'
import type { InteropLogger } from '../gateway/logger.ts'
import { isJsonObject } from '../protocol/parse.ts'
import type { Providers } from './providers.ts'
import type { GatewayTokens } from './tokens.ts'

/** What a hello's authentication came to. */
export type Authenticated = AuthenticationContinue | (AuthenticationSuccess & { enforceExpiry: boolean })

export interface AuthenticateOptions {
  providers: Providers
  tokens: GatewayTokens
  logger: InteropLogger
}

/** Decides about one hello. @throws InteropError: the refusal */
export type Authenticate = (
  request: AuthenticationRequest,
  onAuthenticate: Authenticator | undefined,
) => Promise<Authenticated>

const IN_PROCESS = { timeoutMs: 30_000, custom: true }
const MAX_REASON_LENGTH = 512

export function createAuthenticate({ providers, tokens, logger }: AuthenticateOptions): Authenticate {
  /** Whoever it is that answers: in time, and in one of the known ways. */
  async function ask(
    authenticator: () => Authenticator,
    request: AuthenticationRequest,
    { timeoutMs, custom }: { timeoutMs: number; custom: boolean },
  ): Promise<AuthenticationSuccess | AuthenticationContinue> {
    let response: AuthenticationResponse
    try {
      response = await withDeadline(Promise.resolve(authenticator()(request)), timeoutMs)
    } catch (error) {
      if (InteropError.is(error)) throw error
      logger.warn({ err: error }, 'an authenticator failed')
      if (AuthError.is(error)) throw refused('The credential cannot be checked now')
      // What an authenticator of the application throws is its refusal. What a built-in one meets is nobody's business.
      throw refused(custom ? thrownText(error) : 'Authentication failed')
    }
    if (isJsonObject(response)) {
      if (response.type === 'success') return checkSuccess(response)
      if (response.type === 'continue') return response
      if (response.type === 'error' || response.type === 'failure') {
        const { message } = response
        throw refused(typeof message === 'string' && message !== '' ? message : 'Authentication failed')
      }
    }
    logger.error({}, 'an authenticator answered neither success, continue nor error')
    throw refused('Authentication failed')
  }

  async function byGatewayToken(token: unknown): Promise<Authenticated> {
    try {
      const { user, credentialEndsAtMs } = await tokens.gateway.verify(token)
      return {
        type: 'success',
        user,
        ...(credentialEndsAtMs !== undefined && { expiresAtMs: credentialEndsAtMs }),
        enforceExpiry: credentialEndsAtMs !== undefined,
      }
    } catch {
      // The client tells this text from others.
      throw new InteropError('ERR_INTEROP_FAILURE', 'invalid token')
    }
  }

  async function byProvider(name: unknown, request: AuthenticationRequest): Promise<Authenticated> {
    const provider = typeof name === 'string' ? providers.get(name) : undefined
    if (provider === undefined) {
      const said = typeof name === 'string' ? name.slice(0, 64) : ''
      throw refused(`Requested authentication provider :${said} is not available`)
    }
    const answer = await ask(() => provider.authenticator(), request, provider)
    return answer.type === 'success' ? { ...answer, enforceExpiry: provider.enforceExpiry } : answer
  }

  return async (request, onAuthenticate) => {
    const { method, provider: asked, token } = request.authentication
    if (method === 'gateway-token') return byGatewayToken(token)
    if (method === 'gateway-client') {
      if (onAuthenticate === undefined) throw refused('Unknown authentication method gateway-client')
      const answer = await ask(() => onAuthenticate, request, IN_PROCESS)
      return answer.type === 'success' ? { ...answer, enforceExpiry: true } : answer
    }
    // A null is no provider either.
    if ((asked ?? null) !== null) return byProvider(asked, request)
    let refusal: unknown
    for (const name of providers.defaultNames) {
      try {
        return await byProvider(name, request)
      } catch (error) {
        refusal ??= error
      }
    }
    throw refusal
  }
}

function checkSuccess(success: AuthenticationSuccess): AuthenticationSuccess {
  const { user, login, identity, expiresAtMs, isRevoked, accessToken } = success
  const wrong =
    (user !== undefined && user !== null && (typeof user !== 'string' || user === '')) ||
    (login !== undefined && login !== null && typeof login !== 'string') ||
    (identity !== undefined && !isJsonObject(identity)) ||
    (expiresAtMs !== undefined && !Number.isFinite(expiresAtMs)) ||
    (isRevoked !== undefined && typeof isRevoked !== 'function') ||
    (accessToken !== undefined && typeof accessToken !== 'string')
  if (wrong) throw refused('Authentication failed')
  return success
}

async function withDeadline<T>(answer: Promise<T>, timeoutMs: number): Promise<T> {
  let timer: NodeJS.Timeout | undefined
  const late = new Promise<never>((_resolve, reject) => {
    timer = setTimeout(() => reject(refused('Authentication timed out')), timeoutMs)
  })
  try {
    return await Promise.race([answer, late])
  } finally {
    clearTimeout(timer)
  }
}

function thrownText(error: unknown): string {
  const text = error instanceof Error ? error.message : typeof error === 'string' ? error : ''
  return text === '' ? 'Authentication failed' : text
}

function refused(reason: string): InteropError {
  return new InteropError('ERR_INTEROP_AUTHENTICATION', reason.slice(0, MAX_REASON_LENGTH))
}
