import { readEnvironment, runService } from '@portcullis/app'
import { announce, gatewayUrl, servePage } from '@portcullis/example-page/server'
import { banner } from './server/banner.ts'
import { environmentSchema } from './server/environment.ts'
import { pageOptions } from './server/page-options.ts'

const env = readEnvironment(environmentSchema, process.env)
const options = pageOptions(env)
const gateway = gatewayUrl(options.gateway, 'localhost')

runService({
  name: 'desk',
  exitWithParent: env.EXIT_WITH_PARENT,
  async start(signal) {
    const page = await servePage(options)
    // Not awaited: the page is served, and tells of a gateway that is not there.
    void announce({
      services: [gateway],
      banner: banner({ pageUrl: page.url, gatewayUrl: gateway }),
      signal,
      env: process.env,
    })
    return page
  },
  stop: (page) => page.close(),
})
