import { readEnvironment, runService } from '@portcullis/app'
import { createPageServer } from './server/create-page-server.ts'
import { environmentSchema } from './server/environment.ts'

const env = readEnvironment(environmentSchema, process.env)

runService({
  name: 'chat',
  async start() {
    const app = await createPageServer({ gatewayUrl: env.GATEWAY_URL, gatewayPort: env.GATEWAY_PORT })
    await app.listen({ port: env.CHAT_PORT, host: env.CHAT_HOST })
    return app
  },
  stop: (app) => app.close(),
})
