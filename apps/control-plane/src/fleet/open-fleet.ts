import { readFileSync } from 'node:fs'
import { createFleetView, deadLetterAnswers, type FleetView } from '@portcullis/fleet'
import { createFleetLinkServer } from '@portcullis/fleet/link'
import type { ManagedStore } from '@portcullis/registry/postgres'
import { createEmbeddedTransport } from '@portcullis/transport/embedded'
import { createNatsEvents } from '@portcullis/transport/nats'
import type { FastifyBaseLogger, FastifyInstance } from 'fastify'
import type { Environment } from '../environment.ts'

/** The gateways, as far as this process knows them. */
export interface OpenedFleet {
  readonly view: FleetView
  /** Lets gateways link themselves to an application that does not listen yet; nothing where they are on NATS. */
  attach(app: FastifyInstance): void
  close(): Promise<void>
}

type FleetEnvironment = Pick<
  Environment,
  'NATS_URL' | 'NATS_CREDS_FILE' | 'NATS_INBOX_PREFIX' | 'internalTokens'
>

/**
 * Opens the fleet: over NATS, or over links that gateways open to this process. Tells gateways of every change of the store from
 * then on. NATS that is away is waited for, and not by those who start: gateways can be answered without it.
 */
export async function openFleet(
  env: FleetEnvironment,
  store: ManagedStore,
  logger: FastifyBaseLogger,
): Promise<OpenedFleet> {
  const opened = env.NATS_URL === undefined ? overLinks(env, store, logger) : overNats(env, store, logger)
  const { view, started } = opened
  const stop = store.onChange((change) => view.publishChange(change))
  if (env.NATS_URL === undefined) await started
  else started.catch((error: unknown) => logger.error({ err: error }, 'gateways cannot be reached over NATS'))
  return {
    view,
    attach: opened.attach,
    async close() {
      stop()
      await view.close()
      await opened.close()
    },
  }
}

interface Opened extends Pick<OpenedFleet, 'view' | 'attach' | 'close'> {
  readonly started: Promise<void>
}

/** Each gateway has an engine of its own, and speaks for it. */
function overLinks(
  { internalTokens }: FleetEnvironment,
  store: ManagedStore,
  logger: FastifyBaseLogger,
): Opened {
  const events = createEmbeddedTransport()
  const view = createFleetView({ events, changes: store.changes, logger })
  const links = createFleetLinkServer({ events, internalTokens, logger })
  return {
    view,
    started: events.start().then(() => view.start()),
    attach(app) {
      links.attach(app.server)
      // A server waits for its sockets to end, and those of links do not end by themselves.
      app.addHook('preClose', () => links.close())
    },
    async close() {
      await links.close()
      await events.close()
    },
  }
}

/** The engine has the dead letters, and gateways may not look at them. */
function overNats(env: FleetEnvironment, store: ManagedStore, logger: FastifyBaseLogger): Opened {
  const events = createNatsEvents({
    servers: env.NATS_URL,
    credentials: env.NATS_CREDS_FILE === undefined ? undefined : readCredentials(env.NATS_CREDS_FILE),
    inboxPrefix: env.NATS_INBOX_PREFIX,
    name: 'portcullis-control-plane',
  })
  const answers = deadLetterAnswers(events.deadLetters)
  const view = createFleetView({ events, changes: store.changes, answers, logger })
  return {
    view,
    started: events.start().then(() => view.start()),
    attach: () => undefined,
    close: () => events.close(),
  }
}

function readCredentials(file: string): string {
  try {
    return readFileSync(file, 'utf8')
  } catch (cause) {
    throw new Error(`NATS_CREDS_FILE: ${file} cannot be read`, { cause })
  }
}
