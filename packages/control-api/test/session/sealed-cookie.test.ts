import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { createSeal } from '../../src/session/sealed-cookie.ts'

const KEY = Buffer.alloc(32, 1)

beforeEach(() => void vi.useFakeTimers())
afterEach(() => void vi.useRealTimers())

test('what was sealed is opened, by whoever has the key, and says nothing to others', () => {
  const sealed = createSeal(KEY, 'test').seal('HIDDEN', 1000)
  expect(sealed).toMatch(/^[\w-]+$/)
  expect(Buffer.from(sealed, 'base64url').toString('latin1')).not.toContain('HIDDEN')
  expect(createSeal(KEY, 'test').open(sealed)).toBe('HIDDEN')
  expect(createSeal(KEY, 'test').seal('HIDDEN', 1000)).not.toBe(sealed)
})

test('another key, another purpose, another text, or a later time opens nothing', () => {
  const seal = createSeal(KEY, 'test')
  const sealed = seal.seal('text', 1000)
  expect(createSeal(Buffer.alloc(32, 2), 'test').open(sealed)).toBeNull()
  expect(createSeal(KEY, 'another').open(sealed)).toBeNull()
  const bytes = Buffer.from(sealed, 'base64url')
  for (let index = 0; index < bytes.length; index += 1) {
    const changed = Buffer.from(bytes)
    changed[index] = (changed[index] ?? 0) ^ 1
    expect(seal.open(changed.toString('base64url'))).toBeNull()
    expect(seal.open(bytes.subarray(0, index).toString('base64url'))).toBeNull()
  }
  for (const text of ['', 'x', '!', sealed.slice(1)]) expect(seal.open(text)).toBeNull()
  vi.advanceTimersByTime(999)
  expect(seal.open(sealed)).toBe('text')
  vi.advanceTimersByTime(1)
  expect(seal.open(sealed)).toBeNull()
})
