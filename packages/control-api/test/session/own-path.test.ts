import fc from 'fast-check'
import { expect, test } from 'vitest'
import { ownPath } from '../../src/session/own-path.ts'

test.each(['/', '/projects', '/projects?page=2&x=%20', '/a/b#c', '/a//b'])(
  '%s is a path of this server',
  (path) => {
    expect(ownPath(path)).toBe(path)
  },
)

test.each([
  undefined,
  '',
  'projects',
  'https://evil.example',
  '//evil.example',
  '/\\evil.example',
  '/a\\b',
  '/\t/evil.example',
  '/.//evil.example',
  '/x/..//evil.example',
  '/%2e%2e//evil.example',
  ' /projects',
  '/ü',
  `/${'x'.repeat(2048)}`,
  'javascript:alert(1)',
])('%j is none, and stands for the first page', (path) => {
  expect(ownPath(path)).toBe('/')
})

test('whatever is asked for, browsers stay on this server', () => {
  const part = fc.oneof(
    fc.constantFrom(
      '/',
      '\\',
      '.',
      '..',
      '\t',
      '\n',
      '@',
      ':',
      '?',
      '#',
      '%2f',
      '%5c',
      'evil.example',
      'https:',
    ),
    fc.string({ maxLength: 3 }),
  )
  fc.assert(
    fc.property(fc.array(part, { maxLength: 8 }), (parts) => {
      const path = ownPath(parts.join(''))
      expect(new URL(path, 'https://console.example.com/api/session').origin).toBe(
        'https://console.example.com',
      )
      expect(path).toMatch(/^\//)
    }),
    { numRuns: 2000 },
  )
})
