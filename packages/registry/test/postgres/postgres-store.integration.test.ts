import { type PostgresServer, startPostgres } from '@portcullis/test-servers'
import { sql } from 'drizzle-orm'
import { drizzle } from 'drizzle-orm/node-postgres'
import pg from 'pg'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { createRegistry } from '../../src/index.ts'
import { createPostgresStore, type ManagedStore } from '../../src/postgres/index.ts'
import { tables } from '../../src/postgres/migrations/0001-tables.ts'
import { askDatabase } from '../../src/postgres/ask-database.ts'
import { managedStoreContract, registryStoreContract } from '../../src/testing/index.ts'
import { codeOf } from '../code-of.ts'
import { hs256 } from '../fixtures/tokens.ts'
import { hostCorpus } from '../fixtures/host-corpus.ts'
import { KEY, openFilledStore, openPostgresStores } from '../fixtures/postgres-stores.ts'

const UNAVAILABLE = { code: 'ERR_REGISTRY_UNAVAILABLE', statusCode: 503 }
const SOON = { timeout: 10_000, interval: 20 }
const BY = { actor: 'ann' }
const OTHER_KEY = Buffer.alloc(32, 2)
const SECRET = 'HIDDEN'.padEnd(32, 'x')
const PROJECT = {
  workspaceId: 'w',
  projectId: 'p',
  hosts: ['p.example'],
  auth: { mode: 'jwt-secret', secret: SECRET },
} as const

let server: PostgresServer
const pools: pg.Pool[] = []

function openDatabase(url = server.url): ReturnType<typeof drizzle<Record<string, never>, pg.Pool>> {
  const pool = new pg.Pool({ connectionString: url, max: 10, connectionTimeoutMillis: 3000 })
  pool.on('error', () => undefined)
  pool.on('connect', (client) => client.on('error', () => undefined))
  pools.push(pool)
  return drizzle(pool)
}

async function newDatabase(name: string): Promise<string> {
  await openDatabase().execute(sql.raw(`CREATE DATABASE ${name}`))
  return server.url.replace(/postgres$/, name)
}

beforeAll(async () => {
  // Each process of a test has a pool of its own.
  server = await startPostgres({ settings: { max_connections: '200' } })
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

  registryStoreContract('PostgreSQL', (projects) => openFilledStore(one, projects))
  hostCorpus('PostgreSQL', (projects) => openFilledStore(one, projects))
  managedStoreContract('PostgreSQL', () => openPostgresStores(one, other))

  test('ten processes that start at once on an empty database make the tables once', async () => {
    const url = await newDatabase('together')
    const stores = Array.from({ length: 10 }, () =>
      createPostgresStore({ db: openDatabase(url), secretKeys: KEY }),
    )
    await Promise.all(stores.map((store) => store.start()))
    const imports = await Promise.all(stores.map((store) => store.importProjects([PROJECT], BY)))
    expect(imports.filter(Boolean)).toHaveLength(1)
    const { rows } = await openDatabase(url).execute(
      sql.raw('SELECT version FROM portcullis_registry_migrations ORDER BY version'),
    )
    expect(rows).toEqual(['1', '2', '3'].map((version) => ({ version })))
  })

  test('tables of the version before are migrated, and keep what is in them', async () => {
    const db = openDatabase(await newDatabase('before'))
    const statements = [
      ...tables,
      'CREATE TABLE portcullis_registry_migrations (version bigint PRIMARY KEY, applied_at bigint NOT NULL)',
      'INSERT INTO portcullis_registry_migrations VALUES (1, 0)',
      `INSERT INTO portcullis_registry_workspaces VALUES ('w', 'Old', 'v', 1, 1)`,
      `INSERT INTO portcullis_registry_audit_log VALUES (7, 1, 'ann', NULL, 'workspace.created', 'w', NULL, NULL, '{}')`,
    ]
    for (const statement of statements) await db.execute(sql.raw(statement))
    const store = createPostgresStore({ db, secretKeys: KEY })
    await store.start()
    await store.start()
    expect(await store.workspaces.find('w')).toMatchObject({ name: 'Old', version: 'v' })
    await store.members.create({ workspaceId: null, subject: 'user:ann', role: 'owner' }, BY)
    const { items } = await store.auditLog.list()
    expect(items.map(({ entryId, workspaceId }) => [entryId, workspaceId])).toEqual([
      ['8', null],
      ['7', 'w'],
    ])
  })

  test('tables of a later version are refused, and left as they are', async () => {
    const db = openDatabase(await newDatabase('later'))
    const store = createPostgresStore({ db, secretKeys: KEY })
    await store.start()
    await db.execute(sql.raw('INSERT INTO portcullis_registry_migrations VALUES (99, 0)'))
    await expect(store.start()).rejects.toThrow(/version 99/)
  })

  test('once the tables are there a role without the right to create starts and works', async () => {
    const url = await newDatabase('granted')
    const owner = openDatabase(url)
    await createPostgresStore({ db: owner, secretKeys: KEY }).start()
    await owner.execute(sql.raw('CREATE ROLE plain LOGIN'))
    await owner.execute(sql.raw('REVOKE CREATE ON SCHEMA public FROM PUBLIC'))
    await owner.execute(
      sql.raw('GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA public TO plain'),
    )
    const db = openDatabase(url.replace('postgres@', 'plain@'))
    const store = createPostgresStore({ db, secretKeys: KEY })
    await store.start()
    expect(await store.importProjects([PROJECT], BY)).toBe(true)
  })

  test('no row of any table has a secret in it, also of what is gone', async () => {
    const db = openDatabase(await newDatabase('sealed'))
    const store = createPostgresStore({ db, secretKeys: KEY })
    await store.start()
    await store.importProjects([PROJECT], BY)
    const { version = '' } = (await store.projects.find(PROJECT)) ?? {}
    const two = await store.projects.addSecret(PROJECT, `${SECRET}2`, { ...BY, version })
    await store.projects.delete(PROJECT, { ...BY, version: two.version })
    await store.projects.create(PROJECT, BY)
    const token = await store.setup.issue()
    const operator = await store.setup.consume(token ?? '', {}, BY)
    const member = { workspaceId: null, subject: 'user:ann', role: 'owner' } as const
    await store.members.create(member, BY)
    const left = await store.apiKeys.create({ workspaceId: 'w', name: 'n', role: 'viewer' }, BY)
    const right = await store.apiKeys.rotate(left.record, { ...BY, version: left.record.version })
    await store.apiKeys.revoke(operator.record, BY)
    const session = await store.consoleSessions.create({
      principal: { kind: 'api-key', key: right.record },
      ttlMs: 1000,
    })
    await store.blockedUsers.add({ workspaceId: 'w', projectId: 'p', userId: 'bob' }, BY)
    const start = await store.idempotency.begin('s', 'k', 'f')
    if (start.state === 'begun') await store.idempotency.complete(start.attempt, `{"key":"${right.key}"}`)
    // Those that were used up are gone; a row of another kind for this test.
    expect((await db.execute(sql.raw('SELECT 1 FROM portcullis_registry_setup_tokens'))).rows).toEqual([])
    await db.execute(sql.raw(`INSERT INTO portcullis_registry_setup_tokens VALUES ('d', 0, 0)`))
    const secrets = [token ?? '', ...[operator, left, right].map(({ key }) => key.slice(-43)), session.secret]
    const { rows: names } = (await db.execute(
      sql.raw(`SELECT tablename AS name FROM pg_tables WHERE schemaname = 'public'`),
    )) as { rows: { name: string }[] }
    expect(names).toHaveLength(13)
    for (const { name } of names) {
      const { rows } = await db.execute(sql.raw(`SELECT t::text AS row FROM ${name} t`))
      expect([name, rows.length > 0]).toEqual([name, true])
      const text = JSON.stringify(rows)
      for (const secret of ['HIDDEN', ...secrets]) {
        for (const form of ['utf8', 'base64', 'hex'] as const) {
          expect(text).not.toContain(Buffer.from(secret).toString(form).replace(/=+$/, ''))
        }
      }
    }
  })

  test('a sealed secret that is moved to another project opens nothing there', async () => {
    const db = openDatabase(await newDatabase('moved'))
    const store = createPostgresStore({ db, secretKeys: KEY })
    await store.start()
    const auth = { mode: 'jwt-secret', secret: SECRET.toLowerCase() } as const
    await store.importProjects([PROJECT, { ...PROJECT, projectId: 'q', hosts: ['q.example'], auth }], BY)
    await db.execute(
      sql.raw(`UPDATE portcullis_registry_projects SET auth_version = 'new', secrets =
        (SELECT secrets FROM portcullis_registry_projects WHERE project_id = 'p') WHERE project_id = 'q'`),
    )
    const { authorize } = createRegistry({ store })
    const token = await hs256(SECRET)
    expect((await authorize({ host: 'p.example', token })).projectId).toBe('p')
    expect(await codeOf(authorize({ host: 'q.example', token }))).toBe('ERR_PROJECT_MISCONFIGURED')
  })

  describe('the key that encrypts', () => {
    async function rotating(name: string): Promise<(keys: Uint8Array[]) => Promise<ManagedStore>> {
      const url = await newDatabase(name)
      return async (keys) => {
        const store = createPostgresStore({ db: openDatabase(url), secretKeys: keys })
        await store.start()
        return store
      }
    }

    test('is rotated without a refused token, and the old one is not needed afterwards', async () => {
      const open = await rotating('rotated')
      const old = await open([KEY])
      await old.importProjects([PROJECT], BY)
      const token = await hs256(SECRET)
      const enter = async (store: ManagedStore): Promise<string> =>
        codeOf(createRegistry({ store }).authorize({ host: 'p.example', token }))
      expect(await enter(await open([OTHER_KEY]))).toBe('ERR_PROJECT_MISCONFIGURED')
      const both = await open([OTHER_KEY, KEY])
      expect(await enter(both)).toBe('nothing was thrown')
      const { version } = (await both.projects.find(PROJECT)) ?? {}
      // A secret of the old key is still the same secret.
      const rival = { ...PROJECT, projectId: 'q', hosts: ['q.example'] }
      expect(await codeOf(both.projects.create(rival, BY))).toBe('ERR_PROJECTS_OVERLAP')
      const start = await old.idempotency.begin('s', 'k', 'f')
      if (start.state === 'begun') await old.idempotency.complete(start.attempt, 'the answer')
      expect(await both.resealSecrets()).toBe(1)
      expect(await both.resealSecrets()).toBe(0)
      expect((await both.projects.find(PROJECT))?.version).toBe(version)
      const fresh = await open([OTHER_KEY])
      expect(await enter(fresh)).toBe('nothing was thrown')
      expect(await fresh.idempotency.begin('s', 'k', 'f')).toEqual({
        state: 'completed',
        response: 'the answer',
      })
      expect(await codeOf(old.idempotency.begin('s', 'k', 'f'))).toBe('ERR_PROJECT_MISCONFIGURED')
      expect(await codeOf(fresh.projects.create(rival, BY))).toBe('ERR_PROJECTS_OVERLAP')
      expect(await enter(await open([KEY]))).toBe('ERR_PROJECT_MISCONFIGURED')
    })

    test('is rotated for more projects than one page, by two processes at once', async () => {
      const open = await rotating('many')
      const store = await open([KEY])
      const projects = ['a', 'y', 'z'].map((projectId) => ({
        ...PROJECT,
        projectId,
        hosts: [`${projectId}.example`],
        auth: { mode: 'jwt-secret', secret: [`${SECRET}${projectId}1`, `${SECRET}${projectId}2`] },
      })) as never[]
      await store.importProjects(projects, BY)
      // More than are read at once lie between the first and the last.
      await openDatabase(server.url.replace(/postgres$/, 'many')).execute(
        sql.raw(`INSERT INTO portcullis_registry_projects
          SELECT 'w', 'p' || n, 'n', '{"mode":"none"}', '[]', '{}', 'a' || n, 'v', 0, 0 FROM generate_series(1, 230) n`),
      )
      const counts = await Promise.all(
        [await open([OTHER_KEY, KEY]), await open([OTHER_KEY, KEY])].map((each) => each.resealSecrets()),
      )
      expect(counts.reduce((sum, count) => sum + count)).toBe(6)
      const fresh = createRegistry({ store: await open([OTHER_KEY]) })
      const token = await hs256(`${SECRET}z2`)
      expect((await fresh.authorize({ host: 'z.example', token })).projectId).toBe('z')
    })
  })

  test('a change waits for the one before it, and sees what that one did', async () => {
    await using opened = await openPostgresStores(one, other)
    const [store] = opened.stores
    await store.workspaces.create({ workspaceId: 'w' }, BY)
    const client = await one.$client.connect()
    let waiting: Promise<string>
    try {
      await client.query('BEGIN')
      await client.query(`SELECT pg_advisory_xact_lock(hashtext('portcullis_registry_changes'))`)
      waiting = codeOf(store.projects.create(PROJECT, BY))
      const locks = sql.raw(`SELECT 1 FROM pg_locks WHERE locktype = 'advisory' AND NOT granted`)
      await expect.poll(async () => (await other.execute(locks)).rows, SOON).toHaveLength(1)
      await client.query('DELETE FROM portcullis_registry_workspaces')
      await client.query('COMMIT')
    } finally {
      client.release()
    }
    expect(await waiting).toBe('ERR_WORKSPACE_UNKNOWN')
  })

  test('a connection that is cut in the middle of a change is an outage, takes the change back, and ends no process', async () => {
    await using opened = await openPostgresStores(one, other)
    const [store] = opened.stores
    await store.workspaces.create({ workspaceId: 'w' }, BY)
    const client = await one.$client.connect()
    try {
      await client.query('BEGIN')
      await client.query('LOCK TABLE portcullis_registry_hosts')
      const changing = store.projects.create(PROJECT, BY).catch((error: unknown) => error)
      const cut = sql.raw(`SELECT pg_terminate_backend(pid) FROM pg_locks WHERE NOT granted`)
      await expect.poll(async () => (await other.execute(cut)).rows.length, SOON).toBeGreaterThan(0)
      expect(await changing).toMatchObject(UNAVAILABLE)
      await client.query('ROLLBACK')
    } finally {
      client.release()
    }
    expect(await store.projects.find(PROJECT)).toBeNull()
    expect((await store.projects.create(PROJECT, BY)).projectId).toBe('p')
  })

  test('an error of the database tells nothing of what was to be stored', async () => {
    const db = openDatabase(await newDatabase('broken'))
    const store = createPostgresStore({ db, secretKeys: KEY })
    await store.start()
    await db.execute(sql.raw('ALTER TABLE portcullis_registry_projects ADD CHECK (false)'))
    const error: unknown = await store.importProjects([PROJECT], BY).catch((reason: unknown) => reason)
    expect(String(error)).toMatch(/PostgreSQL 23514/)
    expect(JSON.stringify(error, Object.getOwnPropertyNames(error))).not.toContain('p.example')
    expect((await store.workspaces.list()).items).toEqual([])
  })

  test('while the server is away every call says so, nothing is a denial, and afterwards everything is there', async () => {
    await using opened = await openPostgresStores(one, other)
    const [store] = opened.stores
    await store.importProjects([PROJECT], BY)
    const { authorize } = createRegistry({ store })
    const token = await hs256(SECRET)
    expect((await authorize({ host: 'p.example', token })).userId).toBe('ann')
    await server.stop()
    const calls = [
      authorize({ host: 'p.example', token }),
      authorize({ host: 'unknown.example', token }),
      store.projects.find(PROJECT),
      store.projects.list('w'),
      store.auditLog.list(),
      store.workspaces.create({ workspaceId: 'v' }, BY),
      store.resealSecrets(),
      store.members.of(['user:ann']),
      store.apiKeys.authenticate(`pck_${'0'.repeat(16)}_${'x'.repeat(43)}`),
      store.consoleSessions.find('x'.repeat(43)),
      store.idempotency.begin('s', 'k', 'f'),
      store.setup.issue(),
      store.isUserBlocked('w', 'p', 'bob'),
      store.changes.since(0),
      store.cleanUp(),
      store.start(),
    ]
    for (const result of await Promise.allSettled(calls)) {
      expect((result as PromiseRejectedResult).reason).toMatchObject(UNAVAILABLE)
    }
    await server.restart()
    await expect.poll(() => codeOf(authorize({ host: 'p.example', token })), SOON).toBe('nothing was thrown')
  })
})

test.each(['08006', '57014', '40001', 'EPIPE', 'ECONNRESET'])(
  'a driver that fails with %s says that the database is away',
  async (code) => {
    const failure = Object.assign(new Error('it failed'), { code })
    await expect(askDatabase(() => Promise.reject(failure))).rejects.toMatchObject(UNAVAILABLE)
  },
)

const db = { transaction: () => undefined } as never
test.each([
  [{ secretKeys: KEY }, '"db"'],
  [{ db: {}, secretKeys: KEY }, '"db"'],
  [{ db }, '"secretKeys"'],
  [{ db, secretKeys: [] }, '"secretKeys"'],
  [{ db, secretKeys: Buffer.alloc(31) }, '"secretKeys"'],
  [{ db, secretKeys: [KEY, KEY] }, '"secretKeys"'],
  [{ db, secretKeys: 'x'.repeat(32) }, '"secretKeys"'],
  [{ db, secretKeys: KEY, onListenerError: 'log' }, '"onListenerError"'],
])('wrong options are a mistake of the calling code (%#)', (options, name) => {
  expect(() => createPostgresStore(options as never)).toThrow(TypeError)
  expect(() => createPostgresStore(options as never)).toThrow(name)
})
