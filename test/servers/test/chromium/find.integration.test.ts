import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { findChromium } from '../../src/index.ts'
import { tempFolder } from '../fixtures/temp-folder.ts'

test('takes CHROMIUM_PATH before PATH, and refuses one that is not there', async () => {
  await using folder = await tempFolder()
  const own = join(folder.path, 'my-chromium')
  await writeFile(own, '', { mode: 0o755 })
  expect(await findChromium({ env: { CHROMIUM_PATH: own, PATH: process.env.PATH } })).toBe(own)
  await expect(findChromium({ env: { CHROMIUM_PATH: `${own}-2` } })).rejects.toThrow('CHROMIUM_PATH is')
})

test.each(['chromium', 'chromium-browser', 'google-chrome'])('finds %s on PATH', async (name) => {
  await using folder = await tempFolder()
  await writeFile(join(folder.path, name), '', { mode: 0o755 })
  expect(await findChromium({ env: { PATH: folder.path }, systemFolders: [] })).toBe(join(folder.path, name))
})

test('installs the package when there is none', async () => {
  await using folder = await tempFolder()
  const options = { env: { PATH: '' }, systemFolders: [], cacheFolder: folder.path }
  expect(await findChromium({ ...options, install: async () => ({ path: '/opt/chromium' }) })).toBe(
    '/opt/chromium',
  )
})

test('names the ways, and what stopped each, in one error', async () => {
  await using folder = await tempFolder()
  const options = { env: { PATH: '' }, systemFolders: [], cacheFolder: folder.path }
  const error = findChromium({
    ...options,
    install: async () => ({ why: 'may not' }),
    download: async () => ({ why: 'no registry' }),
  })
  await expect(error).rejects.toThrow(
    [
      'The tests need Chromium, and none of the ways to get it worked here:',
      '  1. chromium on PATH, or its path in CHROMIUM_PATH: none found',
      "  2. the distribution's package (apt-get install chromium): may not",
      '  3. a build from npm: no registry',
    ].join('\n'),
  )
})
