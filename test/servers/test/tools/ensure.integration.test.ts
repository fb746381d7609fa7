import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { ensureTool } from '../../src/index.ts'
import { tempFolder } from '../fixtures/temp-folder.ts'

test('takes the tool on PATH', async () => {
  await using folder = await tempFolder()
  await writeFile(join(folder.path, 'jq'), '', { mode: 0o755 })
  expect(await ensureTool('jq', { env: { PATH: folder.path }, systemFolders: [] })).toBe(
    join(folder.path, 'jq'),
  )
})

test('installs the package when there is none', async () => {
  await using folder = await tempFolder()
  const options = { env: { PATH: '' }, systemFolders: [], cacheFolder: folder.path }
  expect(await ensureTool('curl', { ...options, install: async () => ({ path: '/opt/curl' }) })).toBe(
    '/opt/curl',
  )
})

test('names the ways, and what stopped each, in one error', async () => {
  await using folder = await tempFolder()
  const options = { env: { PATH: '' }, systemFolders: [], cacheFolder: folder.path }
  await expect(ensureTool('jq', { ...options, install: async () => ({ why: 'may not' }) })).rejects.toThrow(
    [
      'The tests need jq, and none of the ways to get it worked here:',
      '  1. jq on PATH: none found',
      "  2. the distribution's package (apt-get install jq): may not",
    ].join('\n'),
  )
})
