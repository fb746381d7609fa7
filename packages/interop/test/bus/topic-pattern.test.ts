import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { compileTopicPattern, isTopicPattern } from '../../src/bus/topic-pattern.ts'

describe.each<[pattern: string, matching: string[], others: string[]]>([
  ['a.*.c', ['a.b.c', 'a.B_9.c'], ['a..c', 'a.b-b.c', 'a.b.b.c', 'A.b.c', 'a.b.c.', ' a.b.c', 'a.é.c']],
  ['a.>', ['a.', 'a.b', 'a.b.c', 'a.\n\u0000'], ['a', 'b.a.', '']],
  ['x>', ['x', 'xyz', 'x.y'], ['ax', '']],
  ['>', ['', 'a', 'a.b c\n😀'], []],
  ['*', ['a', '_', 'aZ9'], ['', '-', 'a.b', 'ä', 'a\n']],
  ['**', ['ab', 'abc'], ['a', '']],
  ['a*b', ['axb', 'abb', 'aabbb'], ['ab', 'a.b', 'axbc']],
  ['>.end', ['.end', 'a.end', 'a.end.end'], ['end', 'a.end.']],
  ['*>*', ['ab', 'a-b', 'a.b.c'], ['a', '-b', 'a-']],
  ['>a>b', ['ab', 'xaybzb'], ['ba', 'b', 'a']],
  ['w+1.*', ['w+1.q'], ['ww1.q', 'w1.q']],
  ['(a|b)[c]?^$\\d{2}.*', ['(a|b)[c]?^$\\d{2}.q'], ['a.q', '(a|b)c^$12.q']],
  ['a.b*', ['a.bc'], ['axbc']],
  ['😀*😀', ['😀a😀'], ['😀😀', '😀😀😀']],
])('the pattern %j', (pattern, matching, others) => {
  const matches = compileTopicPattern(pattern)

  test.each(matching)('matches %j', (topic) => expect(matches(topic)).toBe(true))
  test.each(others.length > 0 ? others : ['never'])('does not match %j', (topic) => {
    expect(matches(topic)).toBe(others.length === 0)
  })
})

test('a topic without a wildcard is no pattern', () => {
  expect(['a.b', 'a+b', '', '?'].map(isTopicPattern)).toEqual([false, false, false, false])
  expect(['a.*', 'a>b', '>', 'x*'].map(isTopicPattern)).toEqual([true, true, true, true])
})

test('patterns agree with the regular expression they stand for', () => {
  const piece = fc.constantFrom('a', 'b', 'ab', '.', '-', '*', '>', '+', '(', '\n', '_', '7')
  const text = fc.constantFrom('a', 'b', 'ab', '.', '-', '+', '(', '\n', '_', '7')
  const pieces = (part: fc.Arbitrary<string>, maxLength: number): fc.Arbitrary<string> =>
    fc.array(part, { maxLength }).map((parts) => parts.join(''))
  fc.assert(
    fc.property(pieces(piece, 8), pieces(text, 12), (pattern, topic) => {
      expect(compileTopicPattern(pattern)(topic)).toBe(expression(pattern).test(topic))
    }),
    { numRuns: 20_000 },
  )
})

test('patterns of more than 32 characters between their wildcards agree too', () => {
  const part = fc.constantFrom('a'.repeat(31), 'a'.repeat(32), 'ab'.repeat(20), '*', '>', '.')
  fc.assert(
    fc.property(
      fc.array(part, { minLength: 1, maxLength: 5 }),
      fc.array(fc.constantFrom('a'.repeat(31), 'a', 'ab'.repeat(20), '.', 'b'), { maxLength: 6 }),
      (pattern, topic) => {
        const matches = compileTopicPattern(pattern.join(''))
        expect(matches(topic.join(''))).toBe(expression(pattern.join('')).test(topic.join('')))
        const own = pattern.join('').replaceAll('*', 'x'.repeat(40)).replaceAll('>', '-'.repeat(40))
        expect(matches(own)).toBe(true)
      },
    ),
    { numRuns: 1000 },
  )
})

test.each([
  ['*a*a*a*a*b', 'a'.repeat(250)],
  ['>>>>>x', 'x'.repeat(250)],
  ['>a>a>a>a>a>a>b', 'a'.repeat(250)],
  [`${'*a'.repeat(60)}*b`, 'a'.repeat(250)],
  [`${'>*'.repeat(120)}-`, 'a'.repeat(250)],
])('the hostile pattern %j costs no more than any other', (pattern, topic) => {
  const matches = compileTopicPattern(pattern)
  for (let time = 0; time < 1000; time += 1) matches(topic)
  expect(matches(`${topic}!`)).toBe(false)
})

/** The definition, which backtracks. */
function expression(pattern: string): RegExp {
  const source = pattern.replaceAll(/[\s\S]/g, (character) => {
    if (character === '*') return '[A-Za-z0-9_]+'
    if (character === '>') return '[\\s\\S]*'
    return character.replaceAll(/[\\^$.|?*+()[\]{}]/g, '\\$&')
  })
  return new RegExp(`^(?:${source})$`)
}
