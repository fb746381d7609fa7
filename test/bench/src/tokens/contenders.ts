import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { freePort, startNatsServer, startPostgres, startProcess } from '@portcullis/test-servers'

/** A token service under load. */
export interface TokenService {
  name: string
  base: string
  stop(): Promise<void>
}

const GATEWAY = fileURLToPath(new URL('../../../../apps/gateway/dist/index.js', import.meta.url))
const PLAIN = fileURLToPath(new URL('../servers/plain-auth.ts', import.meta.url))

/** The hand-written service. */
export async function startPlain(): Promise<TokenService> {
  const server = await startProcess({ args: ['--import', 'tsx', PLAIN], readyWhen: /port \d+/ })
  const [, port] = /port (\d+)/.exec(server.output()) ?? []
  return {
    name: 'Fastify + bcryptjs + fast-jwt, by hand',
    base: `http://127.0.0.1:${port}`,
    stop: async () => void (await server.kill()),
  }
}

/** The reference gateway with one of its stores. */
export async function startGateway(store: 'memory' | 'file' | 'nats' | 'postgres'): Promise<TokenService> {
  const nats = store === 'nats' ? await startNatsServer() : undefined
  const postgres = store === 'postgres' ? await startPostgres() : undefined
  const folder = await mkdtemp(join(tmpdir(), 'portcullis-bench-'))
  const port = await freePort()
  const base = `http://127.0.0.1:${port}`
  const gateway = await startProcess({
    module: GATEWAY,
    env: {
      PORT: String(port),
      LOG_LEVEL: 'error',
      GATEWAY_JWT_SECRET: 'a-secret-that-is-only-for-benchmarks',
      AUTH_STORE: store,
      NATS_URL: nats?.url,
      AUTH_DATABASE_URL: postgres?.url,
      DATA_DIR: folder,
      // The load comes from one address.
      AUTH_REQUESTS_PER_MINUTE: '999999',
      AUTH_REGISTRATIONS_PER_MINUTE: '999999',
    },
    readyWhen: `${base}/health/ready`,
  })
  return {
    name: `gateway, ${store} store`,
    base,
    stop: async () => {
      await gateway.kill()
      await rm(folder, { recursive: true, force: true })
      await nats?.[Symbol.asyncDispose]()
      await postgres?.[Symbol.asyncDispose]()
    },
  }
}
