import { access } from 'node:fs/promises'
import pg from 'pg'
import { describe, expect, test } from 'vitest'
import { findPostgres, postgresFromNpm } from '../../src/postgres/find.ts'
import { startPostgres, type PostgresServer } from '../../src/postgres/server.ts'

async function query(server: PostgresServer, text: string): Promise<unknown[]> {
  const client = new pg.Client({ connectionString: server.url })
  client.on('error', () => undefined)
  await client.connect()
  try {
    return (await client.query(text)).rows
  } finally {
    await client.end()
  }
}

describe('startPostgres', () => {
  test('data survives a stop, a SIGKILL and a restart on the same port', async () => {
    await using server = await startPostgres({ fsync: true })
    const { url, pid } = server
    await query(server, 'create table t (x int)')
    await query(server, 'insert into t values (1)')
    await server.stop()
    await expect(query(server, 'select 1')).rejects.toThrow(/ECONNREFUSED/)
    await server.restart()
    await query(server, 'insert into t values (2)')
    await server.kill()
    await server.restart()
    expect(server.url).toBe(url)
    expect(server.pid).not.toBe(pid)
    expect(await query(server, 'select x from t order by x')).toEqual([{ x: 1 }, { x: 2 }])
  })

  test('nothing is left when it is disposed of', async () => {
    let folder = ''
    {
      await using server = await startPostgres()
      const [row] = (await query(server, 'show data_directory')) as [{ data_directory: string }]
      folder = row.data_directory
      await access(folder).catch((error: NodeJS.ErrnoException) => expect(error.code).toBe('EACCES'))
    }
    await expect(access(folder)).rejects.toThrow(/ENOENT/)
  })

  test('two servers run side by side, with settings of their own', async () => {
    await using one = await startPostgres({ settings: { max_connections: '11' } })
    await using other = await startPostgres()
    expect(one.port).not.toBe(other.port)
    expect(await query(one, 'show max_connections')).toEqual([{ max_connections: '11' }])
    expect(await query(other, 'show max_connections')).toEqual([{ max_connections: '50' }])
  })

  test('a server that does not start says why', async () => {
    await expect(startPostgres({ settings: { no_such_setting: '1' } })).rejects.toThrow(/no_such_setting/)
  })
})

describe('findPostgres', () => {
  test('POSTGRES_BIN_DIR is taken, and refused when there is nothing in it', async () => {
    const folder = await findPostgres()
    expect(await findPostgres({ env: { POSTGRES_BIN_DIR: folder } })).toBe(folder)
    await expect(findPostgres({ env: { POSTGRES_BIN_DIR: '/nowhere' } })).rejects.toThrow(/\/nowhere/)
  })

  test('without one on the machine the server of npm is taken, and runs', async (context) => {
    const fromNpm = await postgresFromNpm()
    if ('why' in fromNpm) {
      context.skip(fromNpm.why)
      return
    }
    const binFolder = await findPostgres({ env: { PATH: '' }, versionsFolder: '/nowhere' })
    expect(binFolder).toBe(fromNpm.path)
    await using server = await startPostgres({ binFolder })
    expect(await query(server, 'select 1 as x')).toEqual([{ x: 1 }])
  })
})
