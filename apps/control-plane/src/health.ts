import type { FastifyPluginAsync } from 'fastify'

/**
 * `/health` and `/health/live` say that the process answers, `/health/ready` that it should get traffic. While the
 * process stops, Fastify itself answers everything with 503.
 */
export const healthRoutes: FastifyPluginAsync = async (app) => {
  for (const url of ['/health', '/health/live', '/health/ready']) {
    // Probes come every few seconds; at the usual level they would drown the log.
    app.get(url, { logLevel: 'warn' }, async () => ({ ok: true }))
  }
}
