import type { FastifyPluginAsync } from 'fastify'
import fp from 'fastify-plugin'
import type { Gateway } from '../gateway.ts'

declare module 'fastify' {
  interface FastifyInstance {
    gateway: Gateway
  }
}

export interface WsGatewayPluginOptions {
  /** Started by the application, drained when it closes. */
  gateway: Gateway
  /** Leave upgrades at other paths to other listeners. @defaultValue false: they are answered with 404 */
  shareUpgrades?: boolean | undefined
}

const DRAIN_MS = 10_000

const plugin: FastifyPluginAsync<WsGatewayPluginOptions> = async (
  app,
  { gateway, shareUpgrades = false },
) => {
  if (typeof gateway?.handleUpgrade !== 'function') throw new TypeError('"gateway" option must be a gateway')
  app.decorate('gateway', gateway)
  app.server.on('upgrade', (request, socket, head) => {
    if (!shareUpgrades || gateway.handles(request)) gateway.handleUpgrade(request, socket, head)
  })
  // Before the server stops listening for good: it would wait for open sockets.
  app.addHook('preClose', () => gateway.drain({ timeoutMs: drainTimeoutMs(app.initialConfig.pluginTimeout) }))
}

/** Fastify fails a close whose hook takes longer than `pluginTimeout`; the rest of it is for what ends by force. */
function drainTimeoutMs(pluginTimeout = DRAIN_MS): number {
  return pluginTimeout > 0 ? Math.min(DRAIN_MS, Math.ceil(pluginTimeout * 0.8)) : DRAIN_MS
}

/** Lets a gateway answer the upgrades of a Fastify application, and drains it when the application closes. */
export const wsGateway: FastifyPluginAsync<WsGatewayPluginOptions> = fp(plugin, {
  name: '@portcullis/ws-gateway',
  fastify: '5.x',
})
