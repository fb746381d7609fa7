import { integerOption } from '@portcullis/auth-core'
import { isIP } from 'node:net'
import { callbackify } from 'node:util'
import rateLimit, { type FastifyRateLimitStore, type FastifyRateLimitStoreCtor } from '@fastify/rate-limit'
import type { FastifyInstance, FastifyRequest } from 'fastify'
import { GatewayAuthError } from '../errors.ts'
import type { AuthStore } from '../store/auth-store.ts'

/** A limit per client address; IPv6 counts by /64. */
export interface RateLimit {
  /** Requests per window, 1 and more. */
  readonly max: number
  /** Milliseconds, 1000 and more. */
  readonly windowMs: number
}

/** Limits of the auth routes; `false` leaves one out. */
export interface AuthRateLimits {
  /** `/auth/register`. @defaultValue 10 in a minute */
  register?: RateLimit | false | undefined
  /** `/auth/token` and `/auth/refresh` together. @defaultValue 60 in a minute */
  token?: RateLimit | false | undefined
  /** `/auth/revoke` and `/auth/introspect` together. @defaultValue 600 in a minute */
  management?: RateLimit | false | undefined
}

/** The name of a limit. */
export type LimitGroup = keyof AuthRateLimits

const MINUTE = 60_000
const MAX_ADDRESS_LENGTH = 64
const DEFAULTS: Record<LimitGroup, RateLimit> = {
  register: { max: 10, windowMs: MINUTE },
  token: { max: 60, windowMs: MINUTE },
  management: { max: 600, windowMs: MINUTE },
}

/** @throws TypeError naming the option */
export function checkRateLimits(limits: AuthRateLimits | undefined): Record<LimitGroup, RateLimit | false> {
  const read = (group: LimitGroup): RateLimit | false => {
    const limit = limits?.[group] ?? DEFAULTS[group]
    if (limits?.[group] === false || limit === false) return false
    return {
      max: integerOption(`rateLimits.${group}.max`, limit.max, DEFAULTS[group].max, 1),
      windowMs: integerOption(
        `rateLimits.${group}.windowMs`,
        limit.windowMs,
        DEFAULTS[group].windowMs,
        1000,
        86_400_000,
      ),
    }
  }
  return { register: read('register'), token: read('token'), management: read('management') }
}

/**
 * Limits every route of this scope, counting in the auth store and so across replicas when that is shared. Limits of the
 * application itself go on beside it.
 */
export async function limitRate(
  app: FastifyInstance,
  store: AuthStore,
  group: LimitGroup,
  limit: RateLimit | false,
): Promise<void> {
  if (limit === false) return
  await app.register(rateLimit, {
    global: true,
    max: limit.max,
    timeWindow: limit.windowMs,
    enableDraftSpec: true,
    store: limiterStore(store, group),
    keyGenerator: addressKey,
    errorResponseBuilder: (_request, { ttl }) =>
      new GatewayAuthError('ERR_RATE_LIMITED', 'too many requests', {
        retryAfterSeconds: Math.max(1, Math.ceil(ttl / 1000)),
      }),
  })
}

/**
 * `request.ip` is the peer, or what trusted proxies say (`trustProxy`), which need not be an address at all. Over a local
 * socket there is none.
 */
function addressKey(request: FastifyRequest): string {
  const address = request.ip as string | undefined
  if (address === undefined) return 'local'
  return isIP(address) === 0
    ? `other:${address.slice(0, MAX_ADDRESS_LENGTH)}`
    : rateLimit.normalizeIP(address)
}

function limiterStore(store: AuthStore, group: LimitGroup): FastifyRateLimitStoreCtor {
  return class AuthStoreLimiter implements FastifyRateLimitStore {
    incr(
      key: string,
      callback: (error: Error | null, result?: { current: number; ttl: number }) => void,
      windowMs: number,
    ): void {
      // The library's stores speak in callbacks.
      callbackify(async () => store.hit(`rate:${group}:${key}`, windowMs))((error, window) => {
        if (error) callback(error)
        else callback(null, { current: window.count, ttl: Math.max(0, window.resetsAt - Date.now()) })
      })
    }

    child(): FastifyRateLimitStore {
      return this
    }
  }
}
