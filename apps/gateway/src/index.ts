import type { IncomingMessage } from 'node:http'
import { loggerOptions, readEnvironment, runService } from '@portcullis/app'
import { machineAuthorizer } from '@portcullis/gateway-auth'
import { controlPlaneAuthorizer, createGateway } from '@portcullis/ws-gateway'
import { pino } from 'pino'
import proxyAddr from 'proxy-addr'
import { createApp } from './app.ts'
import { createAuth } from './auth/create-auth.ts'
import { createInterop } from './interop/create-interop.ts'
import { environmentSchema } from './environment/environment.ts'
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
    const controlPlane = controlPlaneAuthorizer({
      url: env.CONTROL_PLANE_URL,
      internalToken: env.internalToken,
    })
    const auth = await createAuth(env, logger)
    const isTrusted = proxyAddr.compile(env.TRUSTED_PROXIES)
    const clientAddress = (request: IncomingMessage): string => proxyAddr(request, isTrusted)
    const gateway = createGateway({
      transport,
      // Machine tokens are decided about here, everybody else by the control plane.
      authorize: machineAuthorizer({
        auth: auth.service,
        projectId: env.AUTH_PROJECT,
        fallback: controlPlane.authorize,
      }),
      allowedOrigins: env.allowedOrigins,
      clientAddress,
      maxPayloadBytes: env.MAX_PAYLOAD_BYTES,
      maxConnections: env.MAX_CONNECTIONS,
      maxConnectionsPerAddress: env.MAX_CONNECTIONS_PER_ADDRESS,
      maxConnectionsPerUser: env.MAX_CONNECTIONS_PER_USER,
      maxConnectionsPerProject: env.MAX_CONNECTIONS_PER_PROJECT,
      connectRatePerAddress: env.CONNECT_RATE_PER_ADDRESS,
      outboundConsumer: env.OUTBOUND_CONSUMER,
      logger,
    })
    auth.service.onRevocation(() => gateway.closeRevoked())
    const interop = createInterop(env, transport, auth.service, logger)
    const app = await createApp({
      gateway,
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
    const ready = gateway.start()
    ready.catch(() => undefined)
    if (transport.engine === 'embedded') await ready
    // With NATS it meets the others as soon as it is there; its own clients do not wait for that.
    const met = ready.then(() => interop?.gateway.start())
    met.catch((error: unknown) => logger.error({ err: error }, 'the interop gateway could not be started'))
    const workers = await startWorkers(env.WORKER_MODULES, transport, logger)
    await app.listen({ port: env.PORT, host: env.HOST })
    return { app, auth, controlPlane, interop, transport, workers }
  },
  async stop({ app, auth, controlPlane, interop, transport, workers }) {
    // From the edge inwards: sessions, then those who answer them, then the engine.
    await app.close()
    await interop?.close()
    await Promise.all(workers.map((worker) => worker.drain()))
    await transport.drain()
    await auth.close()
    await controlPlane.close()
  },
})
