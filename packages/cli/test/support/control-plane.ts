import type { AddressInfo } from 'node:net'
import { PGlite } from '@electric-sql/pglite'
import { controlApi } from '@portcullis/control-api'
import { createFleetView, deadLetterAnswers } from '@portcullis/fleet'
import { createRegistry } from '@portcullis/registry'
import { createPostgresStore, type ManagedStore } from '@portcullis/registry/postgres'
import type { Transport } from '@portcullis/transport'
import { createEmbeddedTransport } from '@portcullis/transport/embedded'
import { drizzle } from 'drizzle-orm/pglite'
import fastify from 'fastify'

/** The real API of a control plane, over a database in this process. */
export interface RunningControlPlane extends AsyncDisposable {
  readonly url: string
  readonly store: ManagedStore
  readonly transport: Transport
}

const NO_LIMIT = { max: 1_000_000, windowMs: 60_000 }

/** Starts it once for a file: a database takes seconds. */
export async function startControlPlane(): Promise<RunningControlPlane> {
  const database = await PGlite.create()
  const store = createPostgresStore({ db: drizzle(database), secretKeys: Buffer.alloc(32, 1) })
  await store.start()
  const transport = createEmbeddedTransport()
  await transport.start()
  const fleet = createFleetView({
    events: transport,
    changes: store.changes,
    answers: deadLetterAnswers(transport.deadLetters),
  })
  await fleet.start()
  const app = fastify({ routerOptions: { maxParamLength: 1024 } })
  await app.register(controlApi, {
    store,
    registry: createRegistry({ store }),
    fleet,
    rateLimits: { address: NO_LIMIT, credential: NO_LIMIT, wrongCredential: NO_LIMIT },
  })
  await app.listen({ port: 0, host: '127.0.0.1' })
  const { port } = app.server.address() as AddressInfo
  return {
    url: `http://127.0.0.1:${port}/`,
    store,
    transport,
    async [Symbol.asyncDispose]() {
      await app.close()
      await fleet.close()
      await transport.close()
      await store.close()
      await database.close()
    },
  }
}
