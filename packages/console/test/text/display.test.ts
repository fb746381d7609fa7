import { expect, test } from 'vitest'
import { brief, fromList, pretty, toList, visible } from '../../src/pages/text/display.ts'
import { idOf, ID_PATTERN } from '../../src/pages/text/ids.ts'
import { connectSnippet } from '../../src/pages/text/snippets.ts'

test('what could not be seen, or would turn a line around, is written as its number', () => {
  expect(visible('ann\u202Egnp.exe')).toBe('ann\\u202egnp.exe')
  expect(visible('a\nb\u0000c\u200Bd\uFEFF\u2028')).toBe('a\\u000ab\\u0000c\\u200bd\\ufeff\\u2028')
})

test('what can be seen stays, in whatever script and with whatever markup', () => {
  for (const text of ['Zoë', 'שלום', '日本', '👩‍👩‍👧'.replaceAll('\u200D', ''), '<b>&amp;</b>']) {
    expect(visible(text)).toBe(text)
  }
})

test('JSON is indented, as a text or as a value, and no line is turned around', () => {
  expect(pretty('{"a":[1]}')).toBe('{\n  "a": [\n    1\n  ]\n}')
  expect(pretty({ a: 1 })).toBe('{\n  "a": 1\n}')
  expect(pretty('<script>')).toBe('<script>')
  expect(pretty({ a: '\u202E\u061C' })).toBe('{\n  "a": "\\u202e\\u061c"\n}')
  expect(pretty(null)).toBe('null')
  expect(pretty(undefined)).toBe('')
})

test('a value fits on one line', () => {
  expect([brief(null), brief([]), brief(['a', 'b']), brief({ a: 1 }), brief(5), brief('a\nb')]).toEqual([
    '–',
    '–',
    'a, b',
    '{"a":1}',
    '5',
    'a\\u000ab',
  ])
})

test('one text and a list of it are the same to a form', () => {
  expect([toList(undefined), toList('a'), toList(['a', 'b'])]).toEqual([[], ['a'], ['a', 'b']])
  expect([fromList([]), fromList(['a']), fromList(['a', 'b'])]).toEqual([undefined, 'a', ['a', 'b']])
})

test.each([
  ['Acme Shop', 'acme-shop'],
  ['  Žluťoučký kůň!  ', 'zlutoucky-kun'],
  ['--', ''],
  ['日本', ''],
  ['x'.repeat(100), 'x'.repeat(64)],
])('%s suggests the id %s', (name, id) => {
  expect(idOf(name)).toBe(id)
  if (id !== '') expect(id).toMatch(new RegExp(`^(?:${ID_PATTERN})$`, 'v'))
})

test('a client is shown how to connect, with a token where one is asked for', () => {
  expect(connectSnippet({ hosts: ['*.example.com'], auth: { mode: 'none' } })).toContain(
    '"wss://app.example.com/ws"',
  )
  expect(connectSnippet({ hosts: ['localhost'], auth: { mode: 'none' } })).toContain(
    '"ws://localhost:4000/ws"',
  )
  expect(connectSnippet({ hosts: ['localhost'], auth: { mode: 'none' } })).not.toContain('getToken')
  expect(connectSnippet({ hosts: [], auth: { mode: 'machine', namespaces: [] } })).toContain('getToken')
})
