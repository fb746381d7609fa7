import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { PAGE_PATHS } from '../src/server/page-paths.ts'

const readme = readFileSync(new URL('../README.md', import.meta.url), 'utf8')
const source = readFileSync(new URL('../src/server/console-pages.ts', import.meta.url), 'utf8')

/** The cells of the first column of a section's tables. */
function firstColumn(title: string): string[] {
  const [, section = ''] = readme.split(`\n## ${title}\n`)
  const rows = section.split('\n## ')[0]?.match(/^\|.*\|$/gm) ?? []
  return rows.slice(2).map((row) => row.split('|')[1]?.trim() ?? '')
}

test('the README names the paths that the plugin answers', () => {
  const [pages, assets] = firstColumn('Use')
  expect([...(pages?.matchAll(/`([^`]+)`/g) ?? [])].map(([, path]) => path)).toEqual(PAGE_PATHS)
  expect(assets).toBe('`/assets/*`')
})

test('the README names the options that there are', () => {
  const [, options = ''] = /interface ConsolePagesOptions \{(.*?)\n\}/s.exec(source) ?? []
  const names = [...options.matchAll(/^ {2}(\w+)\??:/gm)].map(([, name]) => `\`${name}\``)
  expect(firstColumn('Options')).toEqual(names)
  expect(names).not.toEqual([])
})
