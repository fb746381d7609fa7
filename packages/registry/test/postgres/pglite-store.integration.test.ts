import { PGlite } from '@electric-sql/pglite'
import { drizzle } from 'drizzle-orm/pglite'
import { afterAll, expect, test } from 'vitest'
import { createPostgresStore } from '../../src/postgres/index.ts'
import { managedStoreContract, registryStoreContract } from '../../src/testing/index.ts'
import { bounds } from '../fixtures/bounds.ts'
import { hostCorpus } from '../fixtures/host-corpus.ts'
import { KEY, openFilledStore, openPostgresStores } from '../fixtures/postgres-stores.ts'

const client = new PGlite()
const db = drizzle(client)
afterAll(() => (client.closed ? undefined : client.close()))

registryStoreContract('PGlite', (projects) => openFilledStore(db, projects))
hostCorpus('PGlite', (projects) => openFilledStore(db, projects))
managedStoreContract('PGlite', () => openPostgresStores(db, db))
bounds('PGlite', db)

// The last test: there is one database for this file.
test('a closed database is an outage, and no answer', async () => {
  const store = createPostgresStore({ db, secretKeys: KEY })
  await store.start()
  await client.close()
  const outage = { code: 'ERR_REGISTRY_UNAVAILABLE' }
  await expect(store.findProjectByHost('p.example')).rejects.toMatchObject(outage)
  await expect(store.start()).rejects.toMatchObject(outage)
  await expect(store.workspaces.create({ workspaceId: 'w' }, { actor: 'a' })).rejects.toMatchObject(outage)
})
