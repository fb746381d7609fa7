import type { Transport } from '@portcullis/transport'
import type { FastifyPluginAsync } from 'fastify'
import type { Auth } from './auth/create-auth.ts'

/** `/health` and `/health/live` say that the process answers, `/health/ready` that it should get traffic. */
export const healthRoutes: FastifyPluginAsync<{
  transport: Transport
  auth: Auth
  isRelaying: () => boolean
}> = async (app, { transport, auth, isRelaying }) => {
  // Probes come every few seconds and have no token; at the usual level they would drown the log.
  const quiet = { logLevel: 'warn', config: { auth: 'none' } } as const
  for (const url of ['/health', '/health/live']) app.get(url, quiet, async () => ({ ok: true }))
  app.get('/health/ready', quiet, async (_request, reply) => {
    const { state, since } = transport.status()
    // A store that goes away later concerns machine clients alone; one that never was there is a gateway half made.
    const ok = state === 'connected' && isRelaying() && auth.isStarted()
    return reply.code(ok ? 200 : 503).send({
      ok,
      transport: { engine: transport.engine, state, since },
      machineClients: { ok: auth.service.hasCurrentRevocations },
    })
  })
}
