import { addressKey } from '@portcullis/auth-core'
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { ControlApiError } from '../errors.ts'
import type { Settings } from '../settings.ts'

/** Most addresses or credentials that are counted at once; past it the one that was longest silent is forgotten. */
const MAX_COUNTED = 10_000
const MAX_KEY_LENGTH = 300

/** The limits. All throw `ERR_RATE_LIMITED`. */
export interface RateLimits {
  /** Counts a request of its address. */
  countAddress(request: FastifyRequest): Promise<void>
  /** Counts a request of a credential, and says in the answer's headers how many are left. */
  countCredential(request: FastifyRequest, reply: FastifyReply, actor: string): Promise<void>
  /** Refuses an address that came with too many wrong credentials. Call it before one is looked at. */
  assertTrusted(request: FastifyRequest): Promise<void>
  /** Counts a wrong credential of an address. */
  countWrong(request: FastifyRequest): Promise<void>
}

type Limiter = ReturnType<FastifyInstance['createRateLimit']>
type Outcome = Awaited<ReturnType<Limiter>>

/** Makes the limits of a scope, each counted in this process. */
export async function createRateLimits(
  app: FastifyInstance,
  limits: Settings['limits'],
): Promise<RateLimits> {
  await app.register(import('@fastify/rate-limit'), { global: false, cache: MAX_COUNTED })
  const actors = new WeakMap<FastifyRequest, string>()
  const byAddress = (request: FastifyRequest): string => {
    // Over a local socket there is none.
    const address = request.ip as string | undefined
    return (address === undefined ? 'local' : addressKey(address)).slice(0, MAX_KEY_LENGTH)
  }
  const limiter = (
    name: keyof Settings['limits'],
    keyGenerator: (request: FastifyRequest) => string,
  ): Limiter => {
    const { max, windowMs } = limits[name]
    return app.createRateLimit({ max, timeWindow: windowMs, keyGenerator })
  }
  const address = limiter('address', byAddress)
  const wrong = limiter('wrongCredential', byAddress)
  const credential = limiter('credential', (request) => actors.get(request) ?? '')

  return {
    async countAddress(request) {
      assertWithin(await address(request))
    },
    async countCredential(request, reply, actor) {
      actors.set(request, actor)
      const outcome = await credential(request)
      if (!outcome.isAllowed) {
        reply.headers({
          'ratelimit-limit': outcome.max,
          'ratelimit-remaining': outcome.remaining,
          'ratelimit-reset': outcome.ttlInSeconds,
        })
      }
      assertWithin(outcome)
    },
    async assertTrusted(request) {
      const outcome = await wrong(request, { increment: false })
      if (!outcome.isAllowed && outcome.remaining === 0) throw tooMany(outcome.ttlInSeconds)
    },
    async countWrong(request) {
      await wrong(request)
    },
  }
}

function assertWithin(outcome: Outcome): void {
  if (!outcome.isAllowed && outcome.isExceeded) throw tooMany(outcome.ttlInSeconds)
}

function tooMany(retryAfterSeconds: number): ControlApiError {
  return new ControlApiError('ERR_RATE_LIMITED', 'too many requests', {
    retryAfterSeconds: Math.max(1, retryAfterSeconds),
  })
}
