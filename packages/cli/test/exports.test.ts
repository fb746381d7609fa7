import { readFile } from 'node:fs/promises'
import { expect, test } from 'vitest'
import * as root from '../src/index.ts'

test('the entry point exports what it promises and nothing else', () => {
  expect(Object.keys(root).toSorted()).toEqual(['CLI_ERRORS', 'CliError', 'EXIT_CODES', 'run'])
})

test('the package has one entry and one program', async () => {
  const manifest = JSON.parse(await readFile(new URL('../package.json', import.meta.url), 'utf8')) as {
    exports: Record<string, object | string>
    bin: object
  }
  expect(Object.keys(manifest.exports)).toEqual(['.', './package.json'])
  expect(Object.keys(manifest.exports['.'] as object)).toEqual(['@portcullis/source', 'types', 'default'])
  expect(manifest.bin).toEqual({ portcullis: './dist/bin.js' })
})
