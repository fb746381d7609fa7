import { readdir } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { run } from '../../src/internal/run.ts'
import { downloadNatsServer } from '../../src/nats/download.ts'
import { NATS_RELEASE, releasePlatform } from '../../src/nats/release.ts'
import { releaseHost } from '../fixtures/release-host.ts'
import { tempFolder } from '../fixtures/temp-folder.ts'

test('downloads the pinned release once and keeps it', async () => {
  await using folder = await tempFolder()
  await using host = await releaseHost(folder.path)
  const cacheFolder = join(folder.path, 'cache')
  const options = { cacheFolder, baseUrl: host.baseUrl, release: host.release, platform: 'linux-test' }

  const first = await downloadNatsServer(options)
  const second = await downloadNatsServer(options)

  const path = join(cacheFolder, 'nats-server-v9.9.9-linux-test', 'nats-server')
  expect([first, second]).toEqual([{ path }, { path }])
  expect(await run(path, [], { timeoutMs: 5000 })).toBe('nats-server: v9.9.9\n')
  expect(host.requests).toEqual(['/v9.9.9/nats-server-v9.9.9-linux-test.tar.gz'])
})

test('refuses a tarball with another checksum and leaves nothing behind', async () => {
  await using folder = await tempFolder()
  await using host = await releaseHost(folder.path)
  const cacheFolder = join(folder.path, 'cache')
  const pinned = '0'.repeat(64)

  const outcome = await downloadNatsServer({
    cacheFolder,
    baseUrl: host.baseUrl,
    release: { version: '9.9.9', sha256: { 'linux-test': pinned } },
    platform: 'linux-test',
  })

  expect(outcome).toEqual({
    why: expect.stringMatching(new RegExp(`has SHA-256 [0-9a-f]{64}, pinned is ${pinned}`)),
  })
  await expect(readdir(cacheFolder)).rejects.toThrow('ENOENT')
})

test('says which address failed and how', async () => {
  await using folder = await tempFolder()
  await using host = await releaseHost(folder.path)
  const release = { version: '1.0.0', sha256: host.release.sha256 }
  const options = { cacheFolder: folder.path, release, platform: 'linux-test' }

  expect(await downloadNatsServer({ ...options, baseUrl: host.baseUrl })).toEqual({
    why: `${host.baseUrl}/v1.0.0/nats-server-v1.0.0-linux-test.tar.gz answered 404`,
  })
  expect(await downloadNatsServer({ ...options, baseUrl: 'http://127.0.0.1:1' })).toEqual({
    why: expect.stringMatching(/could not be read \(.*(ECONNREFUSED|bad port)/),
  })
})

test('says so on a machine without a pinned checksum, such as macOS', async () => {
  await using folder = await tempFolder()
  const platform = releasePlatform('darwin', 'arm64')
  expect(await downloadNatsServer({ cacheFolder: folder.path, platform })).toEqual({
    why: `no checksum is pinned for nats-server ${NATS_RELEASE.version} on darwin-arm64`,
  })
})

test.each([
  ['x64', 'linux-amd64'],
  ['arm64', 'linux-arm64'],
  ['arm', 'linux-arm7'],
])('has a checksum for Linux on %s', (arch, platform) => {
  expect(releasePlatform('linux', arch)).toBe(platform)
  expect(NATS_RELEASE.sha256[platform]).toMatch(/^[0-9a-f]{64}$/)
})
