import { type PostgresServer, startPostgres } from '@portcullis/test-servers'
import { sql } from 'drizzle-orm'
import { drizzle } from 'drizzle-orm/node-postgres'
import pg from 'pg'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { askDatabase } from '../../src/postgres/ask-database.ts'
import { createPostgresStore } from '../../src/postgres/index.ts'
import { sweep } from '../../src/postgres/sweep.ts'
import { authStoreContract } from '../../src/testing/index.ts'
import { begun, clientRecord, inserted, tokenFamily } from '../../src/testing/records.ts'
import { openPostgresStores } from '../fixtures/postgres-stores.ts'

const UNAVAILABLE = { code: 'ERR_AUTH_STORE_UNAVAILABLE', statusCode: 503 }
const SOON = { timeout: 10_000, interval: 20 }

let server: PostgresServer
const pools: pg.Pool[] = []

function openDatabase(url = server.url): ReturnType<typeof drizzle<Record<string, never>, pg.Pool>> {
  const pool = new pg.Pool({ connectionString: url, max: 10, connectionTimeoutMillis: 3000 })
  // A pool tells of idle connections that the server ended.
  pool.on('error', () => undefined)
  pools.push(pool)
  return drizzle(pool)
}

beforeAll(async () => {
  server = await startPostgres()
})
afterAll(async () => {
  await Promise.all(pools.map((pool) => pool.end()))
  await server[Symbol.asyncDispose]()
})

describe('PostgreSQL', () => {
  let one: ReturnType<typeof openDatabase>
  let other: ReturnType<typeof openDatabase>
  beforeAll(() => {
    one = openDatabase()
    other = openDatabase()
  })

  authStoreContract('PostgreSQL', () => openPostgresStores(one, other))

  test('ten processes that start at once on an empty database make the tables once', async () => {
    await one.execute(sql.raw('CREATE DATABASE together'))
    const url = server.url.replace(/postgres$/, 'together')
    const stores = Array.from({ length: 10 }, () => createPostgresStore({ db: openDatabase(url) }))
    await Promise.all(stores.map((store) => store.start()))
    const { rows } = await openDatabase(url).execute(
      sql.raw('SELECT version FROM portcullis_auth_migrations'),
    )
    expect(rows).toEqual([{ version: '1' }])
    await Promise.all(stores.map((store) => store.close()))
  })

  test('an insertion waits for another one that counted before it', async () => {
    await using opened = await openPostgresStores(one, other)
    const limits = { maxPerNamespace: 1, maxClients: 10 }
    const insert = (store: (typeof opened.stores)[0]): ReturnType<typeof store.insertClient> =>
      store.insertClient(clientRecord({ namespaceId: 'n' }), limits)
    let second: ReturnType<typeof insert> | undefined
    await one.transaction(async (tx) => {
      await using inside = createPostgresStore({ db: tx })
      expect(await insert(inside)).toBe('inserted')
      second = insert(opened.stores[1])
      const waiting = sql.raw(`SELECT 1 FROM pg_locks WHERE locktype = 'advisory' AND NOT granted`)
      await expect.poll(async () => (await other.execute(waiting)).rows, SOON).toHaveLength(1)
    })
    expect(await second).toBe('namespace_full')
  })

  test('a connection that is cut in the middle of a start is an outage, and ends no process', async () => {
    await one.execute(sql.raw('CREATE DATABASE cut'))
    const url = server.url.replace(/postgres$/, 'cut')
    const db = openDatabase(url)
    await using store = createPostgresStore({ db: openDatabase(url) })
    await db.transaction(async (tx) => {
      await tx.execute(sql.raw(`SELECT pg_advisory_xact_lock(hashtext('portcullis_auth_migrations'))`))
      const starting = store.start().catch((reason: unknown) => reason)
      const waiting = sql.raw(`SELECT pg_terminate_backend(pid) FROM pg_locks
        WHERE locktype = 'advisory' AND NOT granted`)
      await expect.poll(async () => (await db.execute(waiting)).rows, SOON).toHaveLength(1)
      expect(await starting).toMatchObject(UNAVAILABLE)
    })
    await store.start()
    expect(await store.findClient('c_1')).toBeNull()
  })

  test('once the tables are there a role without the right to create starts', async () => {
    await one.execute(sql.raw('CREATE DATABASE granted'))
    const url = server.url.replace(/postgres$/, 'granted')
    const owner = openDatabase(url)
    await using first = createPostgresStore({ db: owner })
    await first.start()
    await owner.execute(sql.raw('CREATE ROLE plain LOGIN'))
    await owner.execute(sql.raw('REVOKE CREATE ON SCHEMA public FROM PUBLIC'))
    await owner.execute(
      sql.raw('GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA public TO plain'),
    )
    await using second = createPostgresStore({ db: openDatabase(url.replace('postgres@', 'plain@')) })
    await second.start()
    const { client } = await inserted(second)
    expect((await first.findClient(client.clientId))?.value).toEqual(client)
  })

  test('tables are made in the first schema of the search path, whatever is in a later one', async () => {
    await one.execute(sql.raw('CREATE DATABASE schemas'))
    const url = server.url.replace(/postgres$/, 'schemas')
    const db = openDatabase(url)
    await using outer = createPostgresStore({ db })
    await outer.start()
    await db.execute(sql.raw('CREATE SCHEMA own'))
    const own = openDatabase(`${url}?options=-c%20search_path%3Down,public`)
    await using inner = createPostgresStore({ db: own })
    await inner.start()
    const { client } = await inserted(inner)
    expect(await outer.findClient(client.clientId)).toBeNull()
  })

  test('keys compare as bytes, whatever the language of the database', async () => {
    const keys = sql.raw(`SELECT DISTINCT column_name, collation_name FROM information_schema.columns
      WHERE table_name LIKE 'portcullis_auth_%' AND column_name IN ('client_id', 'namespace_id', 'family_id', 'key')
      ORDER BY column_name`)
    const { rows } = await one.execute(keys)
    expect(rows).toEqual(
      ['client_id', 'family_id', 'key', 'namespace_id'].map((name) => ({
        column_name: name,
        collation_name: 'C',
      })),
    )
  })

  test('a sweep that waits does not take a second connection', async () => {
    await using opened = await openPostgresStores(one, other)
    const db = openDatabase()
    await one.transaction(async (tx) => {
      await tx.execute(sql.raw('LOCK TABLE portcullis_auth_families'))
      await using store = createPostgresStore({ db: openDatabase(), sweepIntervalMs: 1 })
      await store.start()
      const waiting = async (): Promise<number> =>
        (await db.execute(sql.raw('SELECT 1 FROM pg_locks WHERE NOT granted'))).rows.length
      await expect.poll(waiting, SOON).toBe(1)
      await db.execute(sql.raw('SELECT pg_sleep(0.1)'))
      expect(await waiting()).toBe(1)
    })
    expect(await opened.stores[0].findFamily('f')).toBeNull()
  })

  test('tables of a later version are refused, and left as they are', async () => {
    await one.execute(sql.raw('CREATE DATABASE later'))
    const db = openDatabase(server.url.replace(/postgres$/, 'later'))
    await using store = createPostgresStore({ db })
    await store.start()
    await db.execute(sql.raw('INSERT INTO portcullis_auth_migrations VALUES (99, 0)'))
    await expect(createPostgresStore({ db }).start()).rejects.toThrow(/version 99/)
  })

  test('a revocation that commits after a later one is heard of too', async () => {
    await using opened = await openPostgresStores(one, other)
    const [store, writer] = opened.stores
    const heard: string[] = []
    const watch = await store.watchRevocations((revocation) => heard.push(revocation.id))
    const revocation = { kind: 'token', at: 1, expiresAt: Date.now() + 60_000 } as const
    await openDatabase().transaction(async (tx) => {
      await using inside = createPostgresStore({ db: tx })
      await inside.addRevocation({ ...revocation, id: 'first to begin' })
      await writer.addRevocation({ ...revocation, id: 'first to commit' })
      await expect.poll(() => heard, SOON).toEqual(['first to commit'])
      // Several more reads go by while the other one is still open.
      await writer.addRevocation({ ...revocation, id: 'second to commit' })
      await expect.poll(() => heard, SOON).toHaveLength(2)
    })
    await expect.poll(() => heard, SOON).toContain('first to begin')
    // What was read again meanwhile was told once.
    expect(heard).toHaveLength(3)
    await watch.close()
  })

  test('more revocations than one page holds are all told', async () => {
    await using opened = await openPostgresStores(one, other)
    await one.execute(
      sql.raw(`INSERT INTO portcullis_auth_revocations
        SELECT 'token.' || n, 'token', '"' || n || '"', 1, ${Date.now() + 60_000}, pg_current_xact_id()::text::bigint
        FROM generate_series(1, 2500) AS n`),
    )
    const heard = new Set<string>()
    const watch = await opened.stores[1].watchRevocations((revocation) => heard.add(revocation.id))
    expect(heard.size).toBe(2500)
    await watch.close()
  })

  test('rows that ended are removed, and live ones stay', async () => {
    await using opened = await openPostgresStores(one, other)
    const [store] = opened.stores
    const { family } = await begun(store)
    const { client } = await inserted(store)
    await store.claim('live', Date.now() + 60_000)
    await one.execute(
      sql.raw(`INSERT INTO portcullis_auth_claims SELECT 'k' || n, 1 FROM generate_series(1, 2500) AS n`),
    )
    await store.insertFamily(tokenFamily({ expiresAt: 1 }))
    await Promise.all([sweep(one), sweep(other)])
    await sweep(one)
    const count = async (table: string): Promise<unknown> =>
      (await one.execute(sql.raw(`SELECT count(*)::int AS n FROM portcullis_auth_${table}`))).rows[0]?.n
    expect(await count('claims')).toBe(1)
    expect(await count('families')).toBe(1)
    expect(await store.findFamily(family.familyId)).not.toBeNull()
    expect(await store.findClient(client.clientId)).not.toBeNull()
  })

  test('a statement that PostgreSQL refuses is an error that tells no values, and no outage', async () => {
    await one.execute(sql.raw('CREATE DATABASE broken'))
    const db = openDatabase(server.url.replace(/postgres$/, 'broken'))
    await using store = createPostgresStore({ db })
    await store.start()
    await db.execute(sql.raw('ALTER TABLE portcullis_auth_clients ADD CHECK (false)'))
    const client = clientRecord()
    const error = await store.insertClient(client, { maxClients: 9, maxPerNamespace: 9 }).then(
      () => undefined,
      (reason: unknown) => reason as Error,
    )
    expect(error?.message).toMatch(/PostgreSQL 23514/)
    expect(error).not.toHaveProperty('code')
    expect(JSON.stringify(error, Object.getOwnPropertyNames(error))).not.toContain(client.secretHash)
  })

  test('a server that is a replica is an outage', async () => {
    await using opened = await openPostgresStores(one, other)
    const db = openDatabase(`${server.url}?options=-c%20default_transaction_read_only%3Don`)
    await using store = createPostgresStore({ db })
    await expect(store.claim('key', Date.now() + 1000)).rejects.toMatchObject(UNAVAILABLE)
    expect(await opened.stores[0].peek('key')).toBeNull()
  })

  test.each(['postgres://nobody@HOST/postgres', 'postgres://postgres@HOST/no_such_database'])(
    '%s, which the server refuses, is an outage',
    async (url) => {
      const db = openDatabase(url.replace('HOST', `127.0.0.1:${server.port}`))
      await expect(createPostgresStore({ db }).start()).rejects.toMatchObject(UNAVAILABLE)
    },
  )

  test('while the server is away every call says so; afterwards everything is there, and watches catch up', async () => {
    await using opened = await openPostgresStores(one, other)
    const [store, writer] = opened.stores
    const { client } = await inserted(store)
    const { family, version } = await begun(store)
    const heard: string[] = []
    const states: boolean[] = []
    const watch = await store.watchRevocations(
      (revocation) => heard.push(revocation.id),
      (isCurrent) => states.push(isCurrent),
    )
    const early = { kind: 'client', id: 'early', at: 1, expiresAt: Date.now() + 60_000 } as const
    await writer.addRevocation(early)
    await expect.poll(() => heard, SOON).toEqual([early.id])
    await server.stop()
    await expect.poll(() => states.at(-1), SOON).toBe(false)
    const revocation = { kind: 'client', id: client.clientId, at: 1, expiresAt: Date.now() + 60_000 } as const
    const calls = [
      store.start(),
      store.findClient(client.clientId),
      store.insertClient(client, { maxClients: 9, maxPerNamespace: 9 }),
      store.replaceFamily(family, version),
      store.addRevocation(revocation),
      store.watchRevocations(() => undefined),
      store.claim('key', Date.now() + 60_000),
      store.hit('key', 60_000),
    ]
    const results = await Promise.allSettled(calls)
    // Started is started.
    expect(results.map((result) => result.status)).toEqual([
      'fulfilled',
      ...Array.from({ length: 7 }, () => 'rejected'),
    ])
    for (const result of results.slice(1)) {
      expect((result as PromiseRejectedResult).reason).toMatchObject(UNAVAILABLE)
    }
    await server.restart()
    await writer.addRevocation(revocation)
    await expect.poll(() => heard, SOON).toContain(client.clientId)
    // All of them: it may be another server, to which numbers of the former mean nothing.
    expect(heard.filter((id) => id === early.id)).toHaveLength(2)
    await expect.poll(() => states, SOON).toEqual([true, false, true])
    expect((await store.findClient(client.clientId))?.value).toEqual(client)
    expect(await store.replaceFamily(family, version)).toBe(true)
    await watch.close()
  })

  test('a store that cannot start says so, and starts later', async () => {
    await server.stop()
    const db = openDatabase()
    await using store = createPostgresStore({ db })
    await expect(store.start()).rejects.toMatchObject(UNAVAILABLE)
    await server.restart()
    await store.start()
    expect(await store.findClient('c_1')).toBeNull()
  })

  test('a closed store answers nothing', async () => {
    const store = createPostgresStore({ db: one })
    await store.start()
    await store.close()
    await expect(store.findClient('c_1')).rejects.toMatchObject(UNAVAILABLE)
    expect((await one.execute(sql.raw('SELECT 1 AS n'))).rows).toEqual([{ n: 1 }])
  })
})

test.each(['08006', '57014', '25P04', '40001', 'EPIPE', 'EROFS', 'ECONNRESET', 'CONNECTION_CLOSED'])(
  'a driver that fails with %s says that the database is away',
  async (code) => {
    const failure = Object.assign(new Error('it failed'), { code })
    await expect(askDatabase(() => Promise.reject(failure))).rejects.toMatchObject(UNAVAILABLE)
  },
)

test.each([{}, { db: {} }, { db: null }])('the options %j are a mistake of the calling code', (options) => {
  expect(() => createPostgresStore(options as never)).toThrow('"db" option')
})

test.each([{ pollIntervalMs: 0 }, { sweepIntervalMs: NaN }, { pollIntervalMs: 2 ** 31 }])(
  'the options %j are a mistake of the calling code',
  (options) => {
    const db = { execute: () => undefined } as never
    expect(() => createPostgresStore({ db, ...options })).toThrow(`"${Object.keys(options)[0]}" option`)
  },
)
