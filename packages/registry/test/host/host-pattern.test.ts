import { expect, test } from 'vitest'
import { normalizeHostPattern, parentOf, wildcardOf } from '../../src/host/host-pattern.ts'
import { normalizeHost } from '../../src/index.ts'

test.each([
  ['example.com', 'example.com'],
  ['*.Example.com', '*.example.com'],
  ['*.example.com.:443', '*.example.com'],
  ['*.bücher.example', '*.xn--bcher-kva.example'],
  ['*.localhost', '*.localhost'],
  ['[::1]:80', '[::1]'],
])('%s is stored as %s', (pattern, expected) => {
  expect(normalizeHostPattern(pattern)).toBe(expected)
  expect(normalizeHostPattern(expected)).toBe(expected)
})

test.each([
  '*',
  '*.',
  '*.com',
  '*.127.0.0.1',
  '*.0.0.1',
  '*.[::1]',
  '*.*.example.com',
  'a.*.example.com',
  '*a.example.com',
  '**.example.com',
  '*.example.com/',
  '＊.example.com',
  `*.${'a.'.repeat(125)}com`,
])('%.40j is no host of a project', (pattern) => {
  expect(() => normalizeHostPattern(pattern)).toThrow(expect.objectContaining({ code: 'ERR_HOST_INVALID' }))
})

test.each([
  ['a.example.com', '*.example.com'],
  ['example.com', '*.com'],
  ['*.example.com', null],
  ['localhost', null],
  ['127.0.0.1', null],
  ['[::1]', null],
])('the wildcard for %s is %s', (host, expected) => {
  expect(wildcardOf(host)).toBe(expected)
})

test('a host and the wildcard for it have one parent', () => {
  expect(parentOf('a.example.com')).toBe(parentOf('*.example.com'))
})

test('what a client sends is never a wildcard', () => {
  expect(() => normalizeHost('*.example.com')).toThrow(expect.objectContaining({ code: 'ERR_HOST_INVALID' }))
})
