import { hkdfSync } from 'node:crypto'
import type { AddressInfo } from 'node:net'
import { createPublicFetch } from '@portcullis/auth-core/egress'
import type { ControlApiOptions, RateLimit } from '@portcullis/control-api'
import { allowInsecureHttp, createRegistry } from '@portcullis/registry'
import type { FastifyBaseLogger, FastifyInstance } from 'fastify'
import { createApp } from './app.ts'
import type { Environment } from './environment.ts'
import { openFleet } from './fleet/open-fleet.ts'
import { machineTokens } from './machine-tokens.ts'
import { oidcLogin } from './oidc.ts'
import { loadProjects } from './projects.ts'
import { sayHowToSetUp } from './setup-link.ts'
import { openStore } from './store/open-store.ts'
import { readVersion } from './version.ts'

/** A control plane that serves. */
export interface ControlPlane {
  readonly app: FastifyInstance
  /** What gateways ask: `app`, unless they have a listener of their own. */
  readonly internal: FastifyInstance
  close(): Promise<void>
}

const CLEAN_UP_MS = 3_600_000

/**
 * Opens the database and the fleet, and listens.
 *
 * @param say - writes to the console of the process what is for nobody else
 */
export async function startControlPlane(
  env: Environment,
  logger: FastifyBaseLogger,
  say: (text: string) => void,
): Promise<ControlPlane> {
  // A mistake in the file is said before anything is opened.
  const initial = await loadProjects(env)
  const opened = await openStore(env, initial, logger)
  const closers: (() => Promise<void>)[] = [() => opened.close()]
  const close = async (): Promise<void> => {
    for (const one of closers.splice(0).toReversed()) await one()
  }
  try {
    const { store } = opened
    const machines = machineTokens(env)
    const registry = createRegistry({
      store,
      egress: env.JWKS_EGRESS === 'public' ? createPublicFetch() : undefined,
      machineTokens: machines,
      [allowInsecureHttp]: !env.production,
    })
    const fleet = await openFleet(env, store, logger)
    closers.push(() => fleet.close())
    const internalOptions = { registry, internalTokens: env.internalTokens }
    const shared = { logger, isReady: opened.isStarted }
    const internalPort = env.INTERNAL_PORT
    const hasOwnListener = internalPort !== undefined
    const app = await createApp({
      ...shared,
      trustedProxies: env.TRUSTED_PROXIES,
      ...(!hasOwnListener && { internal: internalOptions }),
      api: apiOptions(env, opened.secretKey, {
        store,
        registry,
        fleet: fleet.view,
        machineTokens: machines,
      }),
    })
    closers.push(() => app.close())
    const internal = hasOwnListener ? await createApp({ ...shared, internal: internalOptions }) : app
    if (hasOwnListener) closers.push(() => internal.close())
    fleet.attach(internal)

    await app.listen({ port: env.PORT, host: env.HOST })
    if (hasOwnListener) await internal.listen({ port: internalPort, host: env.HOST })
    closers.push(lookAfter(opened.started, store, logger, () => sayHowToSetUp(store, linkUrl(env, app), say)))
    return { app, internal, close }
  } catch (error) {
    await close()
    throw error
  }
}

/** Does, once the database is there, what has to be done at start and every now and then. */
function lookAfter(
  started: Promise<void>,
  store: { cleanUp(): Promise<object> },
  logger: FastifyBaseLogger,
  setUp: () => Promise<void>,
): () => Promise<void> {
  let isClosed = false
  let settingUp: Promise<void> | undefined
  const cleanUp = (): void => {
    store.cleanUp().then(
      (removed) => logger.debug(removed, 'what had expired is gone'),
      (error: unknown) => logger.warn({ err: error }, 'what has expired could not be removed'),
    )
  }
  const timer = setInterval(cleanUp, CLEAN_UP_MS)
  timer.unref()
  // A database that never comes is waited for by nobody.
  void started.then(() => {
    if (isClosed) return
    settingUp = setUp().catch((error: unknown) => logger.warn({ err: error }, 'no set-up link could be made'))
  })
  return async () => {
    isClosed = true
    clearInterval(timer)
    await settingUp
  }
}

function apiOptions(
  env: Environment,
  secretKey: Uint8Array,
  parts: Pick<ControlApiOptions, 'store' | 'registry' | 'fleet' | 'machineTokens'>,
): ControlApiOptions {
  const perMinute = (max: number): RateLimit => ({ max, windowMs: 60_000 })
  return {
    ...parts,
    oidc: oidcLogin(env),
    publicUrl: env.PUBLIC_URL,
    cookieKey: new Uint8Array(hkdfSync('sha256', secretKey, '', 'portcullis control plane cookies', 32)),
    rateLimits: {
      address: perMinute(env.RATE_LIMIT_PER_ADDRESS),
      credential: perMinute(env.RATE_LIMIT_PER_CREDENTIAL),
      wrongCredential: perMinute(env.RATE_LIMIT_WRONG_CREDENTIALS),
    },
    version: readVersion(),
  }
}

/** Where the first operator finds the console. In production without `PUBLIC_URL` that is on this machine, for all we know. */
function linkUrl({ PUBLIC_URL }: Environment, app: FastifyInstance): string {
  const { port } = app.server.address() as AddressInfo
  // The system may have chosen the port.
  return PUBLIC_URL?.replace(/:0$/, `:${port}`) ?? `http://localhost:${port}`
}
