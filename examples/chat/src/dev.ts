import { readEnvironment, runService } from '@portcullis/app'
import { banner } from './server/banner.ts'
import { createPageServer } from './server/create-page-server.ts'
import { environmentSchema } from './server/environment.ts'
import { gatewayUrl } from './server/gateway-url.ts'
import { startWorker } from './server/start-worker.ts'
import { waitUntilReady } from './server/wait-until-ready.ts'

const env = readEnvironment(environmentSchema, process.env)
const place = { gatewayUrl: env.GATEWAY_URL, gatewayPort: env.GATEWAY_PORT }

runService({
  name: 'chat',
  exitWithParent: env.EXIT_WITH_PARENT,
  async start(signal) {
    const app = await createPageServer(place)
    await app.listen({ port: env.CHAT_PORT, host: env.CHAT_HOST })
    const worker = env.NATS_URL === undefined ? undefined : startWorker()
    void worker?.died.then((reason) => {
      process.stderr.write(`chat: the worker ended (${reason})\n`)
      process.exit(1)
    })
    // Not awaited: the page is served, and tells of a gateway that is not there.
    void announce(signal)
    return { app, worker }
  },
  async stop({ app, worker }) {
    await Promise.all([app.close(), worker?.[Symbol.asyncDispose]()])
  },
})

/** Prints what runs where, once it does. */
async function announce(signal: AbortSignal): Promise<void> {
  const gateway = gatewayUrl(place, 'localhost')
  const controlPlane = env.CONTROL_PLANE_URL ?? `http://localhost:${env.CONTROL_PLANE_PORT}`
  try {
    await Promise.all([waitUntilReady(gateway, signal), waitUntilReady(controlPlane, signal)])
  } catch {
    // Stopped before it came up.
    return
  }
  process.stdout.write(
    banner({
      pageUrl: `http://localhost:${env.CHAT_PORT}`,
      gatewayUrl: gateway,
      controlPlaneUrl: controlPlane,
      natsUrl: env.NATS_URL,
      colours:
        process.env['NO_COLOR'] === undefined && (process.stdout.isTTY || 'FORCE_COLOR' in process.env),
    }),
  )
}
