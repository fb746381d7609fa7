import { readEnvironment, runService } from '@portcullis/app'
import { announce, gatewayUrl, servePage } from '@portcullis/example-page/server'
import { banner } from './server/banner.ts'
import { environmentSchema } from './server/environment.ts'
import { isSetupNeeded } from './server/is-setup-needed.ts'
import { pageOptions } from './server/page-options.ts'
import { startWorker } from './server/start-worker.ts'

const env = readEnvironment(environmentSchema, process.env)
const options = pageOptions(env)
const gateway = gatewayUrl(options.gateway, 'localhost')
const controlPlane = env.CONTROL_PLANE_URL ?? `http://localhost:${env.CONTROL_PLANE_PORT}`

runService({
  name: 'chat',
  exitWithParent: env.EXIT_WITH_PARENT,
  async start(signal) {
    const page = await servePage(options)
    const worker = env.NATS_URL === undefined ? undefined : startWorker()
    void worker?.died.then((reason) => {
      process.stderr.write(`chat: the worker ended (${reason})\n`)
      process.exit(1)
    })
    // Not awaited: the page is served, and tells of a gateway that is not there.
    void announce({
      services: [gateway, controlPlane],
      banner: async (style) =>
        banner({
          pageUrl: page.url,
          gatewayUrl: gateway,
          controlPlaneUrl: controlPlane,
          natsUrl: env.NATS_URL,
          isSetupNeeded: await isSetupNeeded(controlPlane, signal),
        })(style),
      signal,
      env: process.env,
    })
    return { page, worker }
  },
  async stop({ page, worker }) {
    await Promise.all([page.close(), worker?.[Symbol.asyncDispose]()])
  },
})
