import { AuthError, extractBearer } from '@portcullis/auth-core'
import type { ApiKeyRecord, ConsolePrincipal } from '@portcullis/registry/postgres'
import type { FastifyRequest } from 'fastify'
import { ControlApiError } from '../errors.ts'
import type { RateLimits } from '../limits/rate-limits.ts'
import { type Principal, principalOf } from '../principal/principal.ts'
import type { SessionCookie } from '../session/session-cookie.ts'
import type { Settings } from '../settings.ts'
import { actorOf } from './actor.ts'
import { createBearerVerifier } from './bearer-tokens.ts'

/** Who sends a request, and with what. */
export interface Authenticated {
  readonly principal: Principal
  /** The secret of the session of the console; null for another credential. */
  readonly sessionSecret: string | null
}

/** Finds out who sends a request. */
export interface Authenticator {
  /**
   * Null without a credential. A cookie that is none of a session counts as none; beside `Authorization` it is not looked at.
   *
   * @throws AuthError `ERR_AUTH_TOKEN_INVALID`, `ERR_AUTH_TOKEN_EXPIRED`, `ERR_AUTH_REQUEST_INVALID`,
   *   `ERR_AUTH_KEYS_UNAVAILABLE`
   * @throws ControlApiError `ERR_API_KEY_INVALID`, `ERR_RATE_LIMITED`
   */
  authenticate(request: FastifyRequest): Promise<Authenticated | null>
  /**
   * Looks at a credential that is not in a header. A wrong one is counted.
   *
   * @throws ControlApiError `ERR_RATE_LIMITED`, and what `check` throws
   */
  attempt<Result>(request: FastifyRequest, check: () => Promise<Result>): Promise<Result>
}

const KEY = /^pck_/

/** Makes what finds out who sends requests. */
export function createAuthenticator(
  settings: Pick<Settings, 'store' | 'machineTokens' | 'oidc'>,
  rates: RateLimits,
  cookie: SessionCookie,
): Authenticator {
  const { store } = settings
  const verifyBearer = createBearerVerifier(settings)

  async function attempt<Result>(request: FastifyRequest, check: () => Promise<Result>): Promise<Result> {
    await rates.assertTrusted(request)
    try {
      return await check()
    } catch (error) {
      if (isWrongCredential(error)) await rates.countWrong(request)
      throw error
    }
  }

  async function fromToken(token: string): Promise<Principal> {
    if (KEY.test(token)) {
      const record = await store.apiKeys.authenticate(token)
      if (record === null) throw apiKeyInvalid()
      return keyPrincipal(record)
    }
    const { subjects, ...who } = await verifyBearer(token)
    return principalOf(who, await store.members.of(subjects))
  }

  async function fromCookie(secret: string): Promise<Authenticated | null> {
    const session = await store.consoleSessions.find(secret)
    if (session === null) return null
    const { principal } = session
    if (principal.kind === 'api-key') {
      return { principal: keyPrincipal(principal.key), sessionSecret: secret }
    }
    const who = personOf(principal)
    return {
      principal: principalOf(who, await store.members.of(principal.subjects)),
      sessionSecret: secret,
    }
  }

  return {
    attempt,
    async authenticate(request) {
      if (request.headers.authorization !== undefined) {
        return attempt(request, async () => {
          const token = extractBearer(request.raw.rawHeaders)
          if (token === null) throw new AuthError('ERR_AUTH_TOKEN_INVALID', 'the scheme must be Bearer')
          return { principal: await fromToken(token), sessionSecret: null }
        })
      }
      const secret = cookie.read(request)
      return secret === null ? null : fromCookie(secret)
    },
  }
}

/** The error for a key that is none. */
export function apiKeyInvalid(): ControlApiError {
  return new ControlApiError('ERR_API_KEY_INVALID', 'the API key is wrong, revoked or expired')
}

/** A person as a session of the console has them. */
type Person = Pick<Extract<ConsolePrincipal, { kind: 'person' }>, 'subjects' | 'name'>

/** Who a key is. */
function keyPrincipal({ keyId, name, workspaceId, role }: ApiKeyRecord): Principal {
  return principalOf({ kind: 'api-key', actor: `key:${keyId}`, name }, [{ workspaceId, role }])
}

/** A person of whom these subjects are known; the first one names them in the audit log. */
function personOf({ subjects, name }: Person): Pick<Principal, 'kind' | 'actor' | 'name'> {
  return { kind: 'person', actor: actorOf(subjects[0] ?? 'user:'), name }
}

/** Whether an error is about what was presented, and not about what could not be asked. */
function isWrongCredential(error: unknown): boolean {
  const { statusCode } = (error ?? {}) as { statusCode?: unknown }
  return statusCode === 401 || statusCode === 400 || statusCode === 403
}
