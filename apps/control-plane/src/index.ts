import { loggerOptions, readEnvironment, runService } from '@portcullis/app'
import { createPublicFetch } from '@portcullis/auth-core/egress'
import { allowInsecureHttp, createMemoryStore, createRegistry } from '@portcullis/registry'
import { createApp } from './app.ts'
import { environmentSchema } from './environment.ts'
import { loadProjects } from './projects.ts'

const env = readEnvironment(environmentSchema, process.env)

runService({
  name: 'control-plane',
  exitWithParent: env.EXIT_WITH_PARENT,
  async start() {
    const { projects, warning } = await loadProjects(env)
    const registry = createRegistry({
      store: createMemoryStore(projects),
      egress: env.JWKS_EGRESS === 'public' ? createPublicFetch() : undefined,
      [allowInsecureHttp]: !env.production,
    })
    const app = await createApp({
      registry,
      internalTokens: env.internalTokens,
      logger: loggerOptions(env.LOG_LEVEL),
    })
    if (warning !== null) app.log.warn(warning)
    await app.listen({ port: env.PORT, host: env.HOST })
    return app
  },
  stop: (app) => app.close(),
})
