import { mkdtemp, readdir, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { PGlite } from '@electric-sql/pglite'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { emptyDatabase } from '../../src/index.ts'

let folder: string
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'portcullis-empty-database-'))
})
afterEach(() => rm(folder, { recursive: true, force: true }))

test('what one database is told another does not know', async () => {
  const [first, second] = [join(folder, 'a/first'), join(folder, 'b/second')]
  await Promise.all([emptyDatabase(first), emptyDatabase(second)])
  {
    const client = await PGlite.create({ dataDir: first })
    await client.exec('create table told (what text)')
    await client.close()
  }
  const client = await PGlite.create({ dataDir: second })
  expect((await client.query("select to_regclass('told') as found")).rows).toEqual([{ found: null }])
  await client.close()
})

test('a directory that is there already is left as it is', async () => {
  await expect(emptyDatabase(folder)).rejects.toMatchObject({ code: 'EEXIST' })
  expect(await readdir(folder)).toEqual([])
})
