import { readFile } from 'node:fs/promises'
import { expect, test } from 'vitest'
import * as root from '../src/index.ts'

test('the entry point exports what it promises and nothing else', () => {
  expect(Object.keys(root).toSorted()).toEqual([
    'MAX_CACHED_DECISIONS',
    'MAX_EXPLAINED_MISSES',
    'MAX_IDENTITY_MEMBERS',
    'MAX_LIST_MEMBERS',
    'MAX_NAME_LENGTH',
    'MAX_PATTERN_LENGTH',
    'MAX_RULES',
    'RestrictionError',
    'VISIBILITY_ERRORS',
    'VisibilityError',
    'compileRestriction',
    'compileRules',
    'createVisibility',
    'diffRules',
  ])
})

test('the README lists the limits as they are', async () => {
  const readme = await readFile(new URL('../README.md', import.meta.url), 'utf8')
  const rows = [...readme.matchAll(/^\| `(MAX_\w+)` *\| (\d+) /gm)]
  expect(Object.fromEntries(rows.map(([, name, value]) => [name, Number(value)]))).toEqual(
    Object.fromEntries(Object.entries(root).filter(([name]) => name.startsWith('MAX_'))),
  )
})
