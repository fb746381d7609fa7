import { randomBytes, randomUUID } from 'node:crypto'
import { DEVELOPMENT_INTERNAL_TOKEN } from '@portcullis/app'
import { expect, test } from 'vitest'
import { PUBLIC_TOKENS, weaknessOf } from '../../src/doctor/secret-weakness.ts'

test('the development token of the apps is known', () => {
  expect(PUBLIC_TOKENS).toContain(DEVELOPMENT_INTERNAL_TOKEN)
  expect(weaknessOf(DEVELOPMENT_INTERNAL_TOKEN)).toContain('everybody knows')
})

test.each([
  ['short', 'has only 5 bytes'],
  ['a'.repeat(64), 'repeats itself'],
  ['0123456789abcdef0123456789abcdef', 'placeholder'],
  ['9a8b7c6d9a8b7c6d9a8b7c6d9a8b7c6d', 'repeats itself'],
  ['abcdefghijklmnopqrstuvwxyzabcdefg', 'repeats itself'],
  ['ab'.repeat(40), 'repeats itself'],
  ['change-me-change-me-change-me-now', 'placeholder'],
  ['replace me with at least thirty-two random bytes', 'words'],
  ['my-super-secret-value-for-the-gateway', 'placeholder'],
  ['correct horse battery staple and more', 'words'],
  ['portcullis-gateway-internal-token-2026', 'words'],
])('%j is weak', (secret, why) => {
  expect(weaknessOf(secret)).toContain(why)
  expect(weaknessOf(secret)).not.toContain(secret)
})

test('random secrets are not, whatever they are written in', () => {
  for (let round = 0; round < 100; round += 1) {
    for (const secret of [
      randomBytes(32).toString('base64url'),
      randomBytes(32).toString('base64'),
      randomBytes(32).toString('hex'),
      `${randomUUID()}${randomUUID()}`,
    ]) {
      // One in many random texts has a word in it by chance.
      if (weaknessOf(secret) === 'looks like a placeholder') continue
      expect(weaknessOf(secret), `of ${secret}`).toBeNull()
    }
  }
})
