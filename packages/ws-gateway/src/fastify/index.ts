import type { IncomingMessage } from 'node:http'
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
  /**
   * Which upgrades at other paths to leave to other listeners: all of them, or those that the function says belong to one.
   * The rest is answered with 404. @defaultValue false
   */
  shareUpgrades?: boolean | ((request: IncomingMessage) => boolean) | undefined
}

const DRAIN_MS = 10_000

const plugin: FastifyPluginAsync<WsGatewayPluginOptions> = async (
  app,
  { gateway, shareUpgrades = false },
) => {
  if (typeof gateway?.handleUpgrade !== 'function') throw new TypeError('"gateway" option must be a gateway')
  app.decorate('gateway', gateway)
  const isOthers = typeof shareUpgrades === 'function' ? shareUpgrades : () => shareUpgrades
  app.server.on('upgrade', (request, socket, head) => {
    if (gateway.handles(request) || !isOthers(request)) gateway.handleUpgrade(request, socket, head)
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
