import { loggerOptions, readEnvironment, runService } from '@portcullis/app'
import { createPublicFetch } from '@portcullis/auth-core/egress'
import { allowInsecureHttp, createRegistry } from '@portcullis/registry'
import { pino } from 'pino'
import { createApp } from './app.ts'
import { environmentSchema } from './environment.ts'
import { machineTokens } from './machine-tokens.ts'
import { loadProjects } from './projects.ts'
import { openStore } from './store/open-store.ts'

const env = readEnvironment(environmentSchema, process.env)

runService({
  name: 'control-plane',
  exitWithParent: env.EXIT_WITH_PARENT,
  async start() {
    const logger = pino(loggerOptions(env.LOG_LEVEL))
    // A mistake in the file is said before anything is opened.
    const initial = await loadProjects(env)
    const opened = await openStore(env, initial, logger)
    const registry = createRegistry({
      store: opened.store,
      egress: env.JWKS_EGRESS === 'public' ? createPublicFetch() : undefined,
      machineTokens: machineTokens(env),
      [allowInsecureHttp]: !env.production,
    })
    const app = await createApp({
      registry,
      internalTokens: env.internalTokens,
      logger,
      isReady: opened.isStarted,
    })
    await app.listen({ port: env.PORT, host: env.HOST })
    return { app, opened }
  },
  async stop({ app, opened }) {
    await app.close()
    await opened.close()
  },
})
