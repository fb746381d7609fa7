import type { FastifyPluginAsync } from 'fastify'

/** What {@link healthRoutes} asks. */
export interface HealthRoutesOptions {
  /** Whether the database was reached. */
  isReady: () => boolean
}

/**
 * `/health` and `/health/live` say that the process answers, `/health/ready` that it should get traffic. While the
 * process stops, Fastify itself answers everything with 503.
 */
export const healthRoutes: FastifyPluginAsync<HealthRoutesOptions> = async (app, { isReady }) => {
  // Probes come every few seconds; at the usual level they would drown the log.
  const quiet = { logLevel: 'warn' } as const
  for (const url of ['/health', '/health/live']) app.get(url, quiet, async () => ({ ok: true }))
  app.get('/health/ready', quiet, async (_request, reply) => {
    const ok = isReady()
    return reply.code(ok ? 200 : 503).send({ ok })
  })
}
