import { randomBytes } from 'node:crypto'
import { hostname } from 'node:os'
import { createFleetAgent, type FleetAgentStats, type FleetLogger } from '@portcullis/fleet'
import { connectFleetLink, type FleetLink, type FleetLinkStatus } from '@portcullis/fleet/link'
import type { InteropGateway } from '@portcullis/interop'
import type { Transport } from '@portcullis/transport'
import type { Gateway, SessionInfo } from '@portcullis/ws-gateway'
import type { FastifyBaseLogger } from 'fastify'
import type { EdgeAuthorizer } from '../authorize/create-authorizer.ts'
import type { Environment } from '../environment/environment.ts'
import { readVersion } from '../version.ts'
import { fleetAnswers } from './answers.ts'

/** What the gateway tells control planes, and hears of them. */
export interface Fleet {
  /** Begins to report. The transport MUST be started. */
  start(): Promise<void>
  sessionOpened(session: SessionInfo): void
  sessionClosed(session: SessionInfo): void
  stats(): FleetAgentStats
  /** Whether control planes can be reached; undefined on NATS, where the transport says so. */
  isLinked(): boolean | undefined
  close(): Promise<void>
}

/** What a fleet's member is made of. */
export interface FleetParts {
  gateway: Gateway
  interop: InteropGateway | undefined
  transport: Transport
  authorizer: Pick<EdgeAuthorizer, 'apply' | 'applyAll'>
  logger: FastifyBaseLogger
}

/** A control plane that has just come up is found within this time. */
const LINK_RETRY_MS = 1000
const START_WAIT_MS = 1000
/** After so long somebody should look: changes take as long as grants are kept. */
const UNHEARD_MS = 30_000

/**
 * Makes this gateway a member of the fleet. On NATS it talks with all control planes there; without, the engine in this process
 * has nobody else on it, and is linked to the one that decides about upgrades.
 */
export function createFleet(
  env: Pick<Environment, 'CONTROL_PLANE_URL' | 'internalToken' | 'PORT'>,
  { gateway, interop, transport, authorizer, logger }: FleetParts,
): Fleet {
  const gatewayId = randomBytes(12).toString('base64url')
  const agent = createFleetAgent({
    events: transport,
    gatewayId,
    name: `${hostname()}:${env.PORT}`,
    version: readVersion(),
    sessions: () => gateway.sessions(),
    *counters() {
      for (const { latency, ...counters } of gateway.projects()) {
        yield { ...counters, latency: { ...latency, buckets: [...latency.buckets] } }
      }
    },
    answers: fleetAnswers(gateway, interop, transport),
    onChange(change) {
      logger.debug({ kind: change.kind, sequence: change.sequence }, 'the registry has changed')
      authorizer.apply(change)
    },
    onGap() {
      logger.info('changes of the registry may have been missed: sessions are authorised again')
      authorizer.applyAll()
    },
    startWaitMs: START_WAIT_MS,
    logger,
  })
  let link: FleetLink | undefined
  let unheard: NodeJS.Timeout | undefined
  return {
    async start() {
      if (transport.engine === 'nats') {
        unheard = setTimeout(() => {
          if (agent.stats().gaps === 0) logger.warn('no control plane is heard on NATS: has it the NATS_URL?')
        }, UNHEARD_MS).unref()
        await agent.start()
        return
      }
      link = connectFleetLink({
        url: env.CONTROL_PLANE_URL,
        internalToken: env.internalToken,
        events: transport,
        gatewayId,
        maxRetryMs: LINK_RETRY_MS,
        logger: linkLogger(logger),
      })
      const isLinked = await firstAttempt(link)
      const heard = agent.start()
      // Where there is no control plane nobody is let in yet, and there is nothing to wait for.
      if (isLinked) await heard
      else heard.catch((error: unknown) => logger.error({ err: error }, 'control planes are not heard'))
    },
    sessionOpened: (session) => agent.sessionOpened(session),
    sessionClosed: ({ sessionId }) => agent.sessionClosed(sessionId),
    stats: () => agent.stats(),
    isLinked: () => link && link.status().state === 'connected',
    async close() {
      clearTimeout(unheard)
      // In this order: the goodbye goes through the link.
      await agent.close()
      await link?.close()
    },
  }
}

/** Says of a failed attempt why, and not where in the code; of those before the first link, which the other side may be late for, softly. */
function linkLogger(logger: FastifyBaseLogger): FleetLogger {
  let level: 'info' | 'warn' = 'info'
  return {
    debug: (fields, message) => logger.debug(fields, message),
    info(fields, message) {
      level = 'warn'
      logger.info(fields, message)
    },
    warn(fields, message) {
      const { err, ...others } = fields as { err?: Error }
      logger[level]({ ...others, ...(err !== undefined && { reason: err.message }) }, message)
    },
    error: (fields, message) => logger.error(fields, message),
  }
}

/** Whether the link is there, as soon as that can be told. */
function firstAttempt(link: FleetLink): Promise<boolean> {
  return new Promise((resolve) => {
    let stop = (): void => undefined
    const timer = setTimeout(() => settle(false), START_WAIT_MS)
    const settle = (isLinked: boolean): void => {
      clearTimeout(timer)
      stop()
      resolve(isLinked)
    }
    const look = ({ state, error }: FleetLinkStatus): void => {
      if (state === 'connected') settle(true)
      else if (state === 'closed' || error !== undefined) settle(false)
    }
    stop = link.onStatus(look)
    look(link.status())
  })
}
