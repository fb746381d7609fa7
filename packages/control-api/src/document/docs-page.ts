import type { FastifyPluginAsync } from 'fastify'
import type { RateLimits } from '../limits/rate-limits.ts'
import { sendProblem } from '../problem/send-problem.ts'

/** Everything is a file of this server; images are also in its style sheets. */
const POLICY = {
  'default-src': "'none'",
  'script-src': "'self'",
  'style-src': "'self'",
  'img-src': "'self' data:",
  'connect-src': "'self'",
  'base-uri': "'none'",
  'form-action': "'none'",
  'frame-ancestors': "'none'",
}

/** A page at `/docs` to read and try the API. */
export const docsPage: FastifyPluginAsync<{ rates: RateLimits }> = async (app, { rates }) => {
  app.setErrorHandler(sendProblem)
  app.addHook('onRequest', async (request, reply) => {
    reply.headers({ 'x-content-type-options': 'nosniff', 'referrer-policy': 'no-referrer' })
    await rates.countAddress(request)
  })
  await app.register(import('@fastify/swagger-ui'), {
    routePrefix: '/docs',
    staticCSP: POLICY,
    // The other layout has a bar with a logo that brings a style sheet of its own, which the policy forbids.
    uiConfig: { layout: 'BaseLayout', deepLinking: true, tryItOutEnabled: false },
  })
}
