import { expect, test } from 'vitest'
import { Redactor } from '../../src/internal/redactor.ts'

test('takes every token out, the first one and later ones', () => {
  const redactor = new Redactor(200)
  expect(redactor.redact('nothing to hide')).toBe('nothing to hide')
  redactor.add('one')
  redactor.add('two')
  expect(redactor.redact('two one two')).toBe('[redacted] [redacted] [redacted]')
})

test('leaves nothing of a token that begins with another', () => {
  for (const order of [
    ['abc', 'abcdef'],
    ['abcdef', 'abc'],
  ]) {
    const redactor = new Redactor(200)
    for (const token of order) redactor.add(token)
    expect(redactor.redact('abcdef abc')).toBe('[redacted] [redacted]')
  }
})

test('cuts after it has redacted, so that no half of a token is left', () => {
  const redactor = new Redactor(12)
  redactor.add('s3cret-t0ken')
  expect(redactor.redact('x s3cret-t0ken y')).toBe('x [redacted]')
})

test('remembers the latest tokens, not all there ever were', () => {
  const redactor = new Redactor(200)
  for (let n = 100; n < 1000; n += 1) redactor.add(`token-${n}`)
  expect(redactor.redact('token-999 token-990')).toBe('[redacted] [redacted]')
  expect(redactor.redact('token-100')).toBe('token-100')
  // One that comes again and again pushes out no other.
  for (let n = 0; n < 50; n += 1) redactor.add('token-999')
  expect(redactor.redact('token-990')).toBe('[redacted]')
})
