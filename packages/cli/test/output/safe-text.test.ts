import { expect, test } from 'vitest'
import { safeJson, safeText } from '../../src/output/safe-text.ts'
import { fieldLines, tableLines } from '../../src/output/table.ts'

/** What steers a terminal, forges a line, or makes one read as another. */
const HOSTILE = [
  '\u001b[2J\u001b[1;1H',
  '\u001b]52;c;cm0gLXJm\u0007',
  '\u009b31m',
  '\r\nerror: all is well',
  'a\u0008b\u007f',
  '\u202eevil\u2066',
  '\u2028next',
  '\u200e\u061c',
  '\0',
]

const UNSAFE = /[\p{Cc}\p{Zl}\p{Zp}\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]/u

test.each(HOSTILE)('%j is shown and not obeyed', (text) => {
  expect(safeText(text)).not.toMatch(UNSAFE)
  expect(safeText(text)).toMatch(/\\u[0-9a-f]{4}/)
})

test('text that harms nobody stays as it is', () => {
  for (const text of ['plain', 'Zoë 日本語 🙂', 'a\\u001b', '—']) expect(safeText(text)).toBe(text)
  expect(safeText('half\ud800')).toBe('half\ufffd')
})

test('JSON is safe on a terminal, and is the same value to a program', () => {
  const value = { hostile: HOSTILE, nested: { 'key\u009b': null } }
  const text = safeJson(value)
  expect(text.replaceAll('\n', '')).not.toMatch(UNSAFE)
  expect(JSON.parse(text)).toEqual(value)
  expect(safeJson(undefined)).toBe('null')
})

test('cells and values stay in their lines, and are cut', () => {
  const lines = tableLines(
    ['ID', 'REASON'],
    [
      ['1', 'a\nb'],
      ['22', 'x'.repeat(500)],
    ],
  )
  expect(lines).toHaveLength(3)
  expect(lines[1]).toBe('1   a\\u000ab')
  expect(lines[2]?.length).toBe(4 + 120)
  expect(fieldLines([['na\u001bme', 'a\nb']])).toEqual(['na\\u001bme  a\\u000ab'])
})
