import type { IncomingMessage } from 'node:http'
import { loggerOptions, readEnvironment, runService } from '@portcullis/app'
import { createGateway, type Gateway } from '@portcullis/ws-gateway'
import type { FastifyBaseLogger } from 'fastify'
import { pino } from 'pino'
import proxyAddr from 'proxy-addr'
import { createApp } from './app.ts'
import { createAuth } from './auth/create-auth.ts'
import { createAuthorizer } from './authorize/create-authorizer.ts'
import { environmentSchema } from './environment/environment.ts'
import { createFleet, type Fleet } from './fleet/create-fleet.ts'
import { createInterop } from './interop/create-interop.ts'
import { reportTransport } from './report-transport.ts'
import { createTransport } from './transport.ts'
import { startWorkers } from './workers.ts'

const env = readEnvironment(environmentSchema, process.env)

runService({
  name: 'gateway',
  exitWithParent: env.EXIT_WITH_PARENT,
  async start() {
    const logger = pino(loggerOptions(env.LOG_LEVEL))
    const transport = createTransport(env)
    const auth = await createAuth(env, logger)
    const authorizer = createAuthorizer(env, auth.service, () => gateway)
    const isTrusted = proxyAddr.compile(env.TRUSTED_PROXIES)
    const clientAddress = (request: IncomingMessage): string => proxyAddr(request, isTrusted)
    const gateway: Gateway = createGateway({
      transport,
      authorize: authorizer.authorize,
      allowedOrigins: env.allowedOrigins,
      clientAddress,
      maxPayloadBytes: env.MAX_PAYLOAD_BYTES,
      maxConnections: env.MAX_CONNECTIONS,
      maxConnectionsPerAddress: env.MAX_CONNECTIONS_PER_ADDRESS,
      maxConnectionsPerUser: env.MAX_CONNECTIONS_PER_USER,
      maxConnectionsPerProject: env.MAX_CONNECTIONS_PER_PROJECT,
      connectRatePerAddress: env.CONNECT_RATE_PER_ADDRESS,
      outboundConsumer: env.OUTBOUND_CONSUMER,
      onSessionOpen: (session) => fleet.sessionOpened(session),
      onSessionClose: (session) => fleet.sessionClosed(session),
      logger,
    })
    auth.service.onRevocation(() => gateway.closeRevoked())
    const interop = createInterop(env, transport, auth.service, logger)
    const fleet: Fleet = createFleet(env, {
      gateway,
      interop: interop?.gateway,
      transport,
      authorizer,
      logger,
    })
    let isRelaying = false
    const app = await createApp({
      gateway,
      authorizer,
      fleet,
      isRelaying: () => isRelaying,
      interop: interop && {
        gateway: interop.gateway,
        allowedOrigins: env.allowedOrigins,
        clientAddress,
        maxConnections: env.MAX_CONNECTIONS,
        maxConnectionsPerAddress: env.INTEROP_MAX_CONNECTIONS_PER_ADDRESS,
      },
      transport,
      auth,
      internalSecrets: env.INTERNAL_SECRET,
      rateLimits: {
        token: { max: env.AUTH_REQUESTS_PER_MINUTE, windowMs: 60_000 },
        register: { max: env.AUTH_REGISTRATIONS_PER_MINUTE, windowMs: 60_000 },
      },
      trustedProxies: env.TRUSTED_PROXIES,
      logger,
    })
    reportTransport(transport, logger)

    // Listening does not wait for NATS: until it is there, /health/ready says no and upgrades get 503.
    const connected = transport.start()
    const ready = connected.then(() => relay(fleet, gateway, logger))
    ready.then(
      () => (isRelaying = true),
      () => undefined,
    )
    if (transport.engine === 'embedded') await ready
    // With NATS it meets the others as soon as it is there; its own clients do not wait for that.
    const met = connected.then(() => interop?.gateway.start())
    met.catch((error: unknown) => logger.error({ err: error }, 'the interop gateway could not be started'))
    const workers = await startWorkers(env.WORKER_MODULES, transport, logger)
    await app.listen({ port: env.PORT, host: env.HOST })
    return { app, auth, authorizer, fleet, interop, transport, workers }
  },
  async stop({ app, auth, authorizer, fleet, interop, transport, workers }) {
    // From the edge inwards: sessions, then those who answer them, then the engine.
    await app.close()
    await interop?.close()
    await fleet.close()
    await Promise.all(workers.map((worker) => worker.drain()))
    await transport.drain()
    await auth.close()
    await authorizer.close()
  },
})

/** Upgrades are the last to begin: what is granted before changes are heard of would have to be asked again. */
async function relay(
  fleet: Pick<Fleet, 'start'>,
  gateway: Pick<Gateway, 'start'>,
  logger: FastifyBaseLogger,
): Promise<void> {
  try {
    await fleet.start()
  } catch (error) {
    // Such as permissions of before there was a fleet. Grants end with their time in the cache, if not sooner.
    logger.error({ err: error }, 'control planes are not heard: changes of the registry come late')
  }
  await gateway.start()
}
