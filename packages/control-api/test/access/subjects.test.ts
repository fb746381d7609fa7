import { expect, test } from 'vitest'
import { actorOf } from '../../src/access/actor.ts'
import { subjectsOf } from '../../src/access/subjects.ts'

test('somebody is their subject, and their address in lower case where the provider has verified it', () => {
  expect(subjectsOf({ sub: 'ann', email: 'Ann@Example.com', email_verified: true, name: 'Ann' })).toEqual({
    subjects: ['user:ann', 'email:ann@example.com'],
    name: 'Ann',
  })
})

test.each([
  { email: 'ann@example.com' },
  { email: 'ann@example.com', email_verified: false },
  { email: 'ann@example.com', email_verified: 'true' },
  { email: 'ann@example.com', email_verified: 1 },
  { email: ['ann@example.com'], email_verified: true },
  { email: 'änn@example.com', email_verified: true },
  { email: 'ann', email_verified: true },
  { email: 'ann@example.com\u0000', email_verified: true },
])('%j is no address of theirs', (claims) => {
  expect(subjectsOf({ sub: 'ann', ...claims }).subjects).toEqual(['user:ann'])
})

test.each([
  [{ name: ' ', preferred_username: 'ann1' }, 'ann1'],
  [{ name: 7 }, 'ann'],
  [{ name: 'A\nnn\u2028\ud800' }, 'A nn'],
  [{ name: '\u0000' }, 'somebody'],
])('of %j the name is %j', (claims, name) => {
  expect(subjectsOf({ sub: 'ann', ...claims }).name).toBe(name)
})

test('an actor fits into the audit log, whatever a provider calls somebody', () => {
  expect(actorOf('user:ann')).toBe('user:ann')
  const long = actorOf(`user:${'x'.repeat(300)}`)
  expect(long).toMatch(/^user:sha256:[\w-]{43}$/)
  expect(actorOf(`user:${'x'.repeat(301)}`)).not.toBe(long)
  expect(actorOf('machine:a\0b')).toMatch(/^machine:sha256:/)
})
