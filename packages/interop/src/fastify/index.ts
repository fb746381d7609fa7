import type { FastifyPluginAsync } from 'fastify'
import fp from 'fastify-plugin'
import type { InteropGateway } from '../gateway/gateway.ts'
import { attachInterop } from '../ws/attach-interop.ts'
import type { InteropUpgrade, InteropUpgradeOptions } from '../ws/interop-upgrade.ts'

declare module 'fastify' {
  interface FastifyInstance {
    /** The WebSocket upgrades that the interop gateway answers. */
    interop: InteropUpgrade
  }
}

export interface InteropPluginOptions extends InteropUpgradeOptions {
  /** Started by the application, closed with it. */
  gateway: InteropGateway
}

const plugin: FastifyPluginAsync<InteropPluginOptions> = async (app, { gateway, ...options }) => {
  const upgrade = attachInterop(app.server, gateway, options)
  app.decorate('interop', upgrade)
  // Before the server stops listening for good: it would wait for open sockets.
  app.addHook('preClose', async () => {
    await upgrade.close()
    await gateway.close()
  })
}

/**
 * Lets an interop gateway answer the WebSocket upgrades of a Fastify application at one path, and closes it with the
 * application. Upgrades at other paths are left to others.
 */
export const interopGateway: FastifyPluginAsync<InteropPluginOptions> = fp(plugin, {
  name: '@portcullis/interop',
  fastify: '5.x',
})
