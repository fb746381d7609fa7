import type { Transport } from '@portcullis/transport'
import type { FastifyPluginAsync } from 'fastify'

/** `/health` and `/health/live` say that the process answers, `/health/ready` that it should get traffic. */
export const healthRoutes: FastifyPluginAsync<{ transport: Transport }> = async (app, { transport }) => {
  // Probes come every few seconds; at the usual level they would drown the log.
  const quiet = { logLevel: 'warn' } as const
  for (const url of ['/health', '/health/live']) app.get(url, quiet, async () => ({ ok: true }))
  app.get('/health/ready', quiet, async (_request, reply) => {
    const { state, since } = transport.status()
    const ok = state === 'connected'
    return reply.code(ok ? 200 : 503).send({ ok, transport: { engine: transport.engine, state, since } })
  })
}
