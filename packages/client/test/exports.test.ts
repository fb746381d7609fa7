import { readFile } from 'node:fs/promises'
import { expect, test } from 'vitest'
import * as browser from '../src/browser.ts'
import * as node from '../src/index.ts'

test('both variants export the same names', () => {
  const names = ['CLIENT_ERRORS', 'ClientError', 'createClient']
  expect(Object.keys(node).toSorted()).toEqual(names)
  expect(Object.keys(browser).toSorted()).toEqual(names)
})

test('export keys are what they were, in the order in which they are matched', async () => {
  const { exports } = JSON.parse(await readFile(new URL('../package.json', import.meta.url), 'utf8')) as {
    exports: Record<string, object>
  }
  expect(Object.keys(exports)).toEqual(['.', './package.json'])
  expect(Object.keys(exports['.']!)).toEqual(['@portcullis/source', 'browser', 'types', 'default'])
})

test('the browser variant imports nothing but files of its own', async () => {
  const seen = new Set<string>()
  const outside: string[] = []
  const walk = async (file: URL): Promise<void> => {
    if (seen.has(file.href)) return
    seen.add(file.href)
    const source = await readFile(file, 'utf8')
    for (const [statement, specifier] of source.matchAll(/^(?:import|export)[^;]*? from '([^']+)'/gms)) {
      if (/^(?:import|export) type/.test(statement)) continue
      if (specifier!.startsWith('.')) await walk(new URL(specifier!, file))
      else outside.push(specifier!)
    }
  }
  await walk(new URL('../src/browser.ts', import.meta.url))
  expect(outside).toEqual([])
  expect([...seen].some((file) => file.endsWith('browser-socket.ts'))).toBe(true)
})
