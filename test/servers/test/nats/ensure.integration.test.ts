import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, test, vi } from 'vitest'
import { ensureNatsServer } from '../../src/index.ts'
import { releaseHost } from '../fixtures/release-host.ts'
import { tempFolder } from '../fixtures/temp-folder.ts'

const refuse = async (): Promise<{ why: string }> => ({ why: 'may not' })

test('takes NATS_SERVER_BIN before anything else', async () => {
  await using folder = await tempFolder()
  const own = join(folder.path, 'my-nats')
  await writeFile(own, '', { mode: 0o755 })
  expect(await ensureNatsServer({ env: { NATS_SERVER_BIN: own, PATH: process.env.PATH } })).toBe(own)
})

test('refuses a NATS_SERVER_BIN that is not there instead of taking another binary', async () => {
  const env = { NATS_SERVER_BIN: '/no/such/nats-server', PATH: process.env.PATH }
  await expect(ensureNatsServer({ env })).rejects.toThrow('NATS_SERVER_BIN is /no/such/nats-server')
})

test('finds nats-server on PATH', async () => {
  await using folder = await tempFolder()
  const binary = join(folder.path, 'nats-server')
  await writeFile(binary, '', { mode: 0o755 })
  expect(await ensureNatsServer({ env: { PATH: `/nowhere:${folder.path}` } })).toBe(binary)
})

test('installs the package, and downloads only when it may not', async () => {
  await using folder = await tempFolder()
  await using host = await releaseHost(folder.path)
  const cacheFolder = join(folder.path, 'cache')
  const download = { cacheFolder, baseUrl: host.baseUrl, release: host.release, platform: 'linux-test' }
  const env = { PATH: '' }

  const installed = await ensureNatsServer({
    env,
    download,
    systemFolders: [],
    install: async () => ({ path: '/opt/nats' }),
  })
  expect(installed).toBe('/opt/nats')
  expect(host.requests).toEqual([])

  const downloaded = await ensureNatsServer({ env, download, systemFolders: [], install: refuse })
  expect(downloaded).toBe(join(cacheFolder, 'nats-server-v9.9.9-linux-test', 'nats-server'))
})

test('lets concurrent callers wait for one download', async () => {
  await using folder = await tempFolder()
  await using host = await releaseHost(folder.path)
  const download = {
    cacheFolder: join(folder.path, 'cache'),
    baseUrl: host.baseUrl,
    release: host.release,
    platform: 'linux-test',
  }
  const callers = Array.from({ length: 5 }, () =>
    ensureNatsServer({ env: { PATH: '' }, download, systemFolders: [], install: refuse }),
  )
  expect(new Set(await Promise.all(callers)).size).toBe(1)
  expect(host.requests).toHaveLength(1)
})

test('names the three ways, and what stopped each, in one error', async () => {
  await using folder = await tempFolder()
  const install = vi.fn(refuse)
  const download = { cacheFolder: folder.path, platform: 'darwin-arm64' }
  const error = await ensureNatsServer({ env: { PATH: '' }, download, systemFolders: [], install }).catch(
    (reason: unknown) => reason as Error,
  )
  expect((error as Error).message.split('\n')).toEqual([
    'The tests need nats-server, and none of the ways to get it worked here:',
    '  1. nats-server on PATH, or its path in NATS_SERVER_BIN: not found',
    "  2. the distribution's package (apt-get install nats-server): may not",
    expect.stringMatching(
      /^ {2}3\. a download of the pinned release: no checksum is pinned .* on darwin-arm64$/,
    ),
  ])
  expect(install).toHaveBeenCalledOnce()
})
