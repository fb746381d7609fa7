import { PGlite } from '@electric-sql/pglite'
import { drizzle } from 'drizzle-orm/pglite'
import { afterAll, expect, test } from 'vitest'
import { createPostgresStore } from '../../src/postgres/index.ts'
import { authStoreContract } from '../../src/testing/index.ts'
import { openPostgresStores } from '../fixtures/postgres-stores.ts'

const client = new PGlite()
const db = drizzle(client)
afterAll(() => (client.closed ? undefined : client.close()))

authStoreContract('PGlite', () => openPostgresStores(db, db))

// The last test: there is one database for this file.
test('a closed database is an outage, and no answer', async () => {
  await using store = createPostgresStore({ db })
  await store.start()
  await client.close()
  await expect(store.findClient('c_1')).rejects.toMatchObject({ code: 'ERR_AUTH_STORE_UNAVAILABLE' })
  await expect(createPostgresStore({ db }).start()).rejects.toMatchObject({
    code: 'ERR_AUTH_STORE_UNAVAILABLE',
  })
})
