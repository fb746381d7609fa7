import fc from 'fast-check'
import { expect, test } from 'vitest'
import { decodeToken, encodeToken, MAX_NAME_BYTES, TransportError } from '../../src/index.ts'
import { ENCODED, REFUSED } from './hostile.ts'

/** Any string at all, with the ones that matter often among them. */
const anything = fc.oneof(
  fc.string({ unit: 'grapheme', maxLength: 40 }),
  fc.string({ unit: 'binary', maxLength: 40 }),
  fc.string({ maxLength: 140 }),
  fc.stringMatching(/^[A-Za-z0-9_-]{1,64}$/),
  fc.stringMatching(/^b64-[A-Za-z0-9_-]{0,60}$/),
  fc.constantFrom(...REFUSED, ...ENCODED),
)

function tokenOf(name: string): string | undefined {
  try {
    return encodeToken(name)
  } catch (error) {
    expect(TransportError.is(error) && error.code).toBe('ERR_TRANSPORT_SUBJECT_INVALID')
    return undefined
  }
}

test('a name becomes one token of letters, digits, _ and -, or is refused with a code', () => {
  fc.assert(
    fc.property(anything, (name) => {
      const token = tokenOf(name)
      if (token !== undefined) expect(token).toMatch(/^[A-Za-z0-9_-]+$/)
    }),
    { numRuns: 3000 },
  )
})

test('decoding a token gives the name back, so that no two names share a token', () => {
  fc.assert(
    fc.property(anything, (name) => {
      const token = tokenOf(name)
      if (token !== undefined) expect(decodeToken(token)).toBe(name)
    }),
    { numRuns: 3000 },
  )
})

test('two tokens of other publishers are never decoded to the name of a third', () => {
  fc.assert(
    fc.property(anything, (token) => {
      const name = decodeToken(token)
      if (name !== token) expect(encodeToken(name)).toBe(token)
    }),
    { numRuns: 3000 },
  )
})

test('a name that reads like a token does not become the token of another name', () => {
  fc.assert(
    fc.property(anything, (name) => {
      const token = tokenOf(name)
      if (token !== undefined && token !== name) expect(tokenOf(token)).not.toBe(token)
    }),
    { numRuns: 3000 },
  )
})

test('a plain name stays as it is', () => {
  fc.assert(
    fc.property(fc.stringMatching(/^[A-Za-z0-9_-]{1,64}$/), (name) => {
      fc.pre(!name.startsWith('b64-'))
      expect(encodeToken(name)).toBe(name)
    }),
  )
})

test.each(REFUSED)('%j is refused, and the message does not repeat it', (name) => {
  expect(() => encodeToken(name)).toThrow(expect.objectContaining({ code: 'ERR_TRANSPORT_SUBJECT_INVALID' }))
  expect(() => encodeToken(name)).toThrow(/^the name (is|contains) [A-Za-z0-9 -]+$/)
})

test.each(ENCODED)('%j is encoded', (name) => {
  expect(encodeToken(name)).toBe(`b64-${Buffer.from(name).toString('base64url')}`)
})

test('128 bytes fit and 129 do not, however few characters they are', () => {
  expect(MAX_NAME_BYTES).toBe(128)
  expect(decodeToken(encodeToken('é'.repeat(64)))).toBe('é'.repeat(64))
  expect(() => encodeToken(`${'é'.repeat(64)}x`)).toThrow(/longer than 128 bytes/)
})

test.each([
  ['b64-YQ', 'a plain name in disguise'],
  ['b64-DQo', 'a line break'],
  ['b64-', 'nothing'],
  ['b64-!', 'no base64'],
  ['b64-Lg==', 'padding'],
  ['b64-_w', 'no UTF-8'],
])('the token %s of somebody else stays as it is: %s', (token) => {
  expect(decodeToken(token)).toBe(token)
})
