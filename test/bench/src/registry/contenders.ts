import { randomBytes } from 'node:crypto'
import { PGlite } from '@electric-sql/pglite'
import { createRegistry, type Project } from '@portcullis/registry'
import { createPostgresStore, type RegistryDatabase } from '@portcullis/registry/postgres'
import { startPostgres } from '@portcullis/test-servers'
import { sql } from 'drizzle-orm'
import { drizzle } from 'drizzle-orm/node-postgres'
import { drizzle as drizzlePglite } from 'drizzle-orm/pglite'
import { jwtVerify, SignJWT } from 'jose'
import pg from 'pg'

export const PROJECTS = 1000

/** One way to decide, over one database. */
export interface Contender {
  readonly name: string
  readonly database: string
  /** Decides about the token of one project under its host; rejects when it is not let in there. */
  readonly authorize: (project: number) => Promise<unknown>
}

interface Row {
  workspace_id: string
  project_id: string
  secret: string
}

type Query = (text: string, values: unknown[]) => Promise<{ rows: Row[] }>

const secrets = Array.from({ length: PROJECTS }, () => randomBytes(32).toString('hex'))
const hosts = secrets.map((_, index) => `project-${index}.example.com`)
const tokens = await Promise.all(
  secrets.map((secret) =>
    new SignJWT({ sub: 'ann' })
      .setProtectedHeader({ alg: 'HS256' })
      .setExpirationTime('1h')
      .sign(Buffer.from(secret)),
  ),
)

/** Both ways over PGlite in memory and over a PostgreSQL on this machine. */
export async function openContenders(): Promise<AsyncDisposable & { contenders: readonly Contender[] }> {
  const server = await startPostgres()
  const pool = new pg.Pool({ connectionString: server.url, max: 10 })
  pool.on('error', () => undefined)
  const pglite = await PGlite.create()
  return {
    contenders: [
      ...(await both('PostgreSQL', drizzle(pool), (text, values) => pool.query<Row>(text, values))),
      ...(await both('PGlite', drizzlePglite(pglite), (text, values) => pglite.query<Row>(text, values))),
    ],
    async [Symbol.asyncDispose]() {
      await pool.end()
      await pglite.close()
      await server[Symbol.asyncDispose]()
    },
  }
}

async function both(database: string, db: RegistryDatabase, query: Query): Promise<Contender[]> {
  return [
    { name: `by hand, ${database}`, database, authorize: await byHand(db, query) },
    { name: `portcullis, ${database}`, database, authorize: await ours(db) },
  ]
}

/** What an afternoon gets one: no normalisation, plain secrets, one statement. */
async function byHand(db: RegistryDatabase, query: Query): Promise<Contender['authorize']> {
  await db.execute(
    sql.raw('CREATE TABLE by_hand (host text PRIMARY KEY, workspace_id text, project_id text, secret text)'),
  )
  for (const [index, host] of hosts.entries()) {
    await db.execute(sql`INSERT INTO by_hand VALUES (${host}, 'w', ${`p${index}`}, ${secrets[index]})`)
  }
  return async (project) => {
    const text = 'SELECT workspace_id, project_id, secret FROM by_hand WHERE host = $1'
    const { rows } = await query(text, [hosts[project]?.toLowerCase()])
    const [row] = rows
    if (row === undefined) throw new Error('unknown host')
    const { payload } = await jwtVerify(tokens[project] as string, Buffer.from(row.secret), {
      algorithms: ['HS256'],
      requiredClaims: ['sub', 'exp'],
    })
    return { workspaceId: row.workspace_id, projectId: row.project_id, userId: payload.sub, claims: payload }
  }
}

async function ours(db: RegistryDatabase): Promise<Contender['authorize']> {
  const store = createPostgresStore({ db, secretKeys: randomBytes(32) })
  await store.start()
  const projects = hosts.map<Project>((host, index) => ({
    workspaceId: 'w',
    projectId: `p${index}`,
    hosts: [host],
    auth: { mode: 'jwt-secret', secret: secrets[index] as string },
  }))
  await store.importProjects(projects, { actor: 'bench' })
  const registry = createRegistry({ store })
  return (project) => registry.authorize({ host: `${hosts[project]}:443`, token: tokens[project] })
}
