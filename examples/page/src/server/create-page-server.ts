import fastifyStatic from '@fastify/static'
import { fastify, type FastifyInstance } from 'fastify'
import { type ConsolePlace, consoleUrl, gatewayUrl, type GatewayPlace } from './gateway-url.ts'

/** Serves a folder, and `/config.json` which tells the page where what it needs is. Opens nothing until `listen`. */
export async function createPageServer(
  root: URL,
  gateway: GatewayPlace,
  console?: ConsolePlace,
): Promise<FastifyInstance> {
  const app = fastify()
  app.addHook('onRequest', async (request, reply) => {
    const { origin } = new URL(gatewayUrl(gateway, request.hostname))
    reply.headers({
      'content-security-policy': contentSecurityPolicy(origin),
      'referrer-policy': 'no-referrer',
      'x-content-type-options': 'nosniff',
      'cross-origin-opener-policy': 'same-origin',
    })
  })
  await app.register(fastifyStatic, {
    root,
    cacheControl: false,
    setHeaders: (reply) => {
      reply.header('cache-control', 'no-cache')
    },
  })
  app.get('/config.json', async (request, reply) => {
    reply.header('cache-control', 'no-store')
    return {
      gatewayUrl: gatewayUrl(gateway, request.hostname),
      ...(console !== undefined && { consoleUrl: consoleUrl(console, request.hostname) }),
    }
  })
  return app
}

/** Nothing but our own files and the gateway; no inline script or style, and no HTML from strings. */
function contentSecurityPolicy(gatewayOrigin: string): string {
  return [
    "default-src 'none'",
    "script-src 'self'",
    "style-src 'self'",
    "img-src 'self'",
    `connect-src 'self' ${gatewayOrigin}`,
    "base-uri 'none'",
    "form-action 'none'",
    "frame-ancestors 'none'",
    "require-trusted-types-for 'script'",
  ].join('; ')
}
