import { expect, test } from 'vitest'
import { isInternalPath } from '../../src/fastify/internal-path.ts'

test.each([
  '/internal',
  '/internal/',
  '/internal/x',
  '/internal?x',
  '/internal#x',
  '/internal;x=1/y',
  '//internal/x',
  '/./internal/x',
  '/a/../internal/x',
  '/../internal/x',
  '/%2e%2e/internal/x',
  '\\internal\\x',
  '/INTERNAL/x',
  '/%69nternal/x',
  '/%2569nternal/x',
  '/%25252569nternal/x',
  `/%${'25'.repeat(2000)}69nternal/x`,
  '/a%2f..%2finternal/x',
  'http://host/internal/x',
  'HTTPS://host:1/internal/x',
  'http://user:word@host/internal/x',
  'http://host?y/internal/x',
  'http:///internal/x',
])('%s could be taken for something inside', (target) => {
  expect(isInternalPath(target)).toBe(true)
})

test.each([
  '/',
  '*',
  '',
  '/internals',
  '/internal-x',
  '/a/internal',
  '/a?/internal',
  '/a#/internal',
  '/internal/../a',
  '/%zz/internal',
  '/100%2525',
  'http://internal/a',
  'http://internal',
])('%s could not', (target) => {
  expect(isInternalPath(target)).toBe(false)
})
