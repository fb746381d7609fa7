import { chmod, mkdir, readFile, stat, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { configPath, readConfig, writeConfig } from '../../src/config/config-file.ts'
import { temporaryFolder } from '../support/cli.ts'

let folder: Awaited<ReturnType<typeof temporaryFolder>>
beforeEach(async () => {
  folder = await temporaryFolder()
})
afterEach(() => folder[Symbol.asyncDispose]())

test('the file is where the XDG specification has it', () => {
  const home = join(folder.path, 'home')
  expect(configPath({ XDG_CONFIG_HOME: folder.path, HOME: home })).toBe(
    join(folder.path, 'portcullis', 'config.json'),
  )
  expect(configPath({ XDG_CONFIG_HOME: 'relative', HOME: home })).toBe(
    join(home, '.config', 'portcullis', 'config.json'),
  )
  expect(configPath({})).toBeNull()
})

test('it is private, and so is the folder that is made for it', async () => {
  const env = { XDG_CONFIG_HOME: folder.path }
  expect(await readConfig(env)).toEqual({ servers: {} })
  const config = {
    current: 'http://localhost:3000/',
    servers: { 'http://localhost:3000/': { apiKey: `eyJ${'a'.repeat(4000)}` } },
  }
  const path = await writeConfig(env, config)
  expect((await stat(path)).mode & 0o777).toBe(0o600)
  expect((await stat(join(folder.path, 'portcullis'))).mode & 0o777).toBe(0o700)
  expect(await readConfig(env)).toEqual(config)
  await writeConfig(env, { servers: {} })
  expect(JSON.parse(await readFile(path, 'utf8'))).toEqual({ servers: {} })
})

test('one that others may read is not used', async () => {
  const env = { XDG_CONFIG_HOME: folder.path }
  const path = await writeConfig(env, { servers: {} })
  await chmod(path, 0o640)
  await expect(readConfig(env)).rejects.toMatchObject({ code: 'ERR_CLI_CONFIG' })
})

test.each(['{', '[]', '{"servers":{"x":{}}}', '{"servers":{"x":{"apiKey":"a b"}}}'])(
  'what is none of ours is not used: %s',
  async (text) => {
    await mkdir(join(folder.path, 'portcullis'))
    await writeFile(join(folder.path, 'portcullis', 'config.json'), text, { mode: 0o600 })
    await expect(readConfig({ XDG_CONFIG_HOME: folder.path })).rejects.toMatchObject({
      code: 'ERR_CLI_CONFIG',
    })
  },
)

test.each([['two words'], [''], ['x'.repeat(16_385)]])(
  'a key that could not be read again is not written over those that can: %#',
  async (apiKey) => {
    const env = { XDG_CONFIG_HOME: folder.path }
    const config = { servers: { 'http://localhost:3000/': { apiKey: 'pck_good' } } }
    await writeConfig(env, config)
    await expect(writeConfig(env, { servers: { ...config.servers, x: { apiKey } } })).rejects.toMatchObject({
      code: 'ERR_CLI_CONFIG',
    })
    expect(await readConfig(env)).toEqual(config)
  },
)

test('without a home there is nowhere to keep it', async () => {
  await expect(writeConfig({}, { servers: {} })).rejects.toMatchObject({ code: 'ERR_CLI_CONFIG' })
})
