import { chown, readdir, readFile, stat, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { writeNewFile, writePrivateFile } from '../../src/file/write-atomically.ts'
import { temporaryFolder } from '../support/cli.ts'

let folder: Awaited<ReturnType<typeof temporaryFolder>>
beforeEach(async () => {
  folder = await temporaryFolder()
})
afterEach(() => folder[Symbol.asyncDispose]())

const at = (name: string): string => join(folder.path, name)

test('a file that could not be written whole is not left behind in part', async () => {
  const unwritable = { toString: () => 'x' } as unknown as string
  await expect(writeNewFile(at('new'), unwritable, { mode: 0o600 })).rejects.toThrow(TypeError)
  expect(await readdir(folder.path)).toEqual([])
})

test('a file that is there stays as it is', async () => {
  await writeFile(at('there'), 'mine')
  await expect(writeNewFile(at('there'), 'yours', { mode: 0o600 })).rejects.toMatchObject({ code: 'EEXIST' })
  expect(await readFile(at('there'), 'utf8')).toBe('mine')
})

test.skipIf(process.getuid?.() !== 0)('what root replaces belongs to whom it belonged', async () => {
  await writeFile(at('keys.json'), 'old', { mode: 0o644 })
  await chown(at('keys.json'), 12_345, 12_346)
  await writePrivateFile(at('keys.json'), 'new')
  const { uid, gid, mode } = await stat(at('keys.json'))
  expect([uid, gid, mode & 0o777]).toEqual([12_345, 12_346, 0o600])
  expect(await readFile(at('keys.json'), 'utf8')).toBe('new')
})
