import { describe, expect, test } from 'vitest'
import { createSecretBox } from '../../src/secret/secret-box.ts'
import { codeOf } from '../code-of.ts'

const [ONE, TWO] = [Buffer.alloc(32, 1), Buffer.alloc(32, 2)] as const
const PLACE = ['table', 'w', 'p', 'id']
const box = createSecretBox(ONE)

describe('a sealed text', () => {
  test.each(['', 'secret', 'ü\u0000🙂', 'x'.repeat(10_000)])('opens as what it was: %.20j', (text) => {
    expect(box.open(box.seal(text, PLACE), PLACE)).toBe(text)
  })

  test('is another one each time, and names its key', () => {
    const sealed = [box.seal('secret', PLACE), box.seal('secret', PLACE)]
    expect(sealed[0]).not.toBe(sealed[1])
    expect(new Set(sealed.map((one) => one.split('.')[0])).size).toBe(1)
    expect(sealed.join()).not.toContain('secret')
  })

  test.each([[['table', 'w', 'q', 'id']], [['table', 'w', 'p']], [['table', 'w"', '"p', 'id']], [[]]])(
    'opens at no other place: %j',
    async (place) => {
      expect(await codeOf(() => box.open(box.seal('secret', PLACE), place))).toBe('ERR_PROJECT_MISCONFIGURED')
    },
  )

  test('of which anything is changed or cut off opens no more', async () => {
    const sealed = box.seal('secret', PLACE)
    for (let index = 0; index < sealed.length; index += 1) {
      const changed = sealed.slice(0, index) + (sealed[index] === 'A' ? 'B' : 'A') + sealed.slice(index + 1)
      // The last character of base64url may have bits that stand for nothing.
      const means = (text: string): string =>
        text
          .split('.')
          .map((part, at) => (at === 0 ? part : Buffer.from(part, 'base64url').toString('hex')))
          .join('.')
      const outcome = await codeOf(() => box.open(changed, PLACE))
      expect([index, outcome]).toEqual([
        index,
        means(changed) === means(sealed) ? 'nothing was thrown' : 'ERR_PROJECT_MISCONFIGURED',
      ])
    }
    for (let length = 0; length < sealed.length - 1; length += 1) {
      expect(await codeOf(() => box.open(sealed.slice(0, length), PLACE))).toBe('ERR_PROJECT_MISCONFIGURED')
    }
  })

  test('opens with every key that is given and with no other', async () => {
    const sealed = box.seal('secret', PLACE)
    const rotated = createSecretBox([TWO, ONE])
    expect(rotated.open(sealed, PLACE)).toBe('secret')
    expect([rotated.isCurrent(sealed), rotated.isCurrent(rotated.seal('secret', PLACE))]).toEqual([
      false,
      true,
    ])
    expect(await codeOf(() => createSecretBox(TWO).open(sealed, PLACE))).toBe('ERR_PROJECT_MISCONFIGURED')
  })
})

test('fingerprints tell that two texts are the same, under each key', () => {
  expect(box.fingerprints('a')).toEqual(box.fingerprints('a'))
  expect(box.fingerprints('a')).not.toEqual(box.fingerprints('b'))
  expect(createSecretBox([TWO, ONE]).fingerprints('a')[1]).toBe(box.fingerprints('a')[0])
})
