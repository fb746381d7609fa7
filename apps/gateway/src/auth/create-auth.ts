import { setTimeout as pause } from 'node:timers/promises'
import { type AuthEvent, type AuthService, createAuthService } from '@portcullis/gateway-auth'
import type { FastifyBaseLogger } from 'fastify'
import type { Environment } from '../environment/environment.ts'
import { createKeys } from './key-ring.ts'
import { openStore } from './stores/open-store.ts'

/** The service for machine clients, with its life. */
export interface Auth {
  readonly service: AuthService
  /** Whether the store was reached once. */
  isStarted(): boolean
  /** What happened so far, by type of event. */
  eventCounts(): Readonly<Record<string, number>>
  close(): Promise<void>
}

const FIRST_RETRY_MS = 20
const LONGEST_RETRY_MS = 1000
/** How long a start waits for a store that is about to be there. */
const PATIENCE_MS = 1000

/** What somebody should look at. */
const WARNINGS: ReadonlySet<AuthEvent['type']> = new Set([
  'refresh_reuse_detected',
  'revocations_behind',
  'listener_failed',
])

/**
 * Makes and starts the service for machine clients. A store that is away does not keep the gateway from relaying: it is
 * tried again and again, and until then machine clients get 503.
 */
export async function createAuth(env: Environment, logger: FastifyBaseLogger): Promise<Auth> {
  const { store, close } = await openStore(env, logger)
  const counts: Partial<Record<AuthEvent['type'], number>> = {}
  const service = createAuthService({
    // Replicas on other ports sign as other issuers unless told who they are together.
    issuer: env.AUTH_ISSUER ?? `http://localhost:${env.PORT}`,
    trustedIssuers: env.AUTH_ISSUER === undefined ? 'any' : undefined,
    audience: env.AUTH_AUDIENCE,
    keys: createKeys(env, logger),
    store,
    registration: registration(env),
    refreshGraceSeconds: env.AUTH_REFRESH_GRACE_SECONDS,
    onEvent: ({ type, ...event }) => {
      counts[type] = (counts[type] ?? 0) + 1
      logger[WARNINGS.has(type) ? 'warn' : 'info']({ type, ...event }, 'auth')
    },
  })
  const stopped = new AbortController()
  let isStarted = false
  const started = keepStarting(service, logger, stopped.signal).then(() => {
    isStarted = true
  })
  // With a timer that keeps the process alive: nothing listens yet.
  await Promise.race([started, pause(PATIENCE_MS)])
  return {
    service,
    isStarted: () => isStarted,
    eventCounts: () => ({ ...counts }),
    async close() {
      stopped.abort()
      await service.close()
      await close()
    },
  }
}

function registration({ AUTH_REGISTRATION, AUTH_INITIAL_ACCESS_TOKEN }: Environment) {
  if (AUTH_REGISTRATION === 'open') return 'open'
  return {
    initialAccessTokens: AUTH_INITIAL_ACCESS_TOKEN === undefined ? [] : [AUTH_INITIAL_ACCESS_TOKEN],
  }
}

async function keepStarting(
  service: AuthService,
  logger: FastifyBaseLogger,
  signal: AbortSignal,
): Promise<void> {
  for (let waitMs = FIRST_RETRY_MS; !signal.aborted; waitMs = Math.min(waitMs * 2, LONGEST_RETRY_MS)) {
    try {
      await service.start()
      return
    } catch (error) {
      if (signal.aborted) return
      // Less than a second is what a connection takes.
      const level = waitMs === LONGEST_RETRY_MS ? 'warn' : 'debug'
      logger[level]({ err: error }, 'the store of machine clients cannot be opened; trying again')
      await pause(waitMs, undefined, { ref: false })
    }
  }
}
