import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { compileRestriction, RestrictionError, VisibilityError, type Identity } from '../../src/index.ts'

const holds = (text: string, own: Identity = {}, other: Identity = {}): boolean =>
  compileRestriction(text).test(own, other)

test.each([null, undefined, ''])('%j restricts nobody', (text) => {
  const restriction = compileRestriction(text)
  expect(restriction).toMatchObject({ text: '', unrestricted: true })
  expect(restriction.test({}, {})).toBe(true)
})

const own = { user: 'ann', level: 5, pattern: 'desk.*', broken: '(', evil: '(a+)+', nothing: null, no: false }
const other = {
  user: 'ann',
  app: 'desktop',
  level: '5',
  half: -1.5,
  name: 'a'.repeat(200),
  zero: 0,
  empty: '',
}

test.each<[string, boolean]>([
  ["$app == 'desktop'", true],
  ["'desktop' == $app", true],
  ["$app=='desktop'", true],
  ["  $app  ==\t'desktop'\n", true],
  ["$app == 'Desktop'", false],
  ["$app != 'desktop'", false],
  ["$app != 'x'", true],
  ['$user == #user', true],
  ['#level == 5', true],
  ['#level == 5.0', true],
  ["#level == '5'", false],
  ['$level == 5', false],
  ["$level == '5'", true],
  ['$half == -1.5', true],
  ['#level == $level', false],
  ['5 == 5', true],
  ["5 == '5'", false],
  ['$missing == #missing', true],
  ['$missing == #nothing', true],
  ["$missing == 'x'", false],
  ["$missing != 'x'", true],
  ['$missing != #missing', false],
  ["$toString == 'x'", false],
  ['$toString == $constructor', true],
  ['$app', true],
  ['$missing', false],
  ['#nothing', false],
  ['$zero', true],
  ['$empty', true],
  ['#no', true],
  ["'x'", true],
  ["$app ? 'desk.*'", true],
  ["$app ? 'desk'", false],
  ["$app ? 'top'", false],
  ["$app ? 'x|desktop'", true],
  ["$app ? '(?i)DESK.*'", true],
  ["$app ? 'DESK.*'", false],
  ["'desktop' ? 'desk.*'", true],
  ["$missing ? '.*'", false],
  ["#level ? '5'", false],
  ["5 ? '5'", false],
  ["$level ? '[0-9]'", true],
  ['$app ? #pattern', true],
  ['$user ? #pattern', false],
  ['$app ? $missing', false],
  ['$missing ? $missing', false],
  ['$app ? #level', false],
  ['$app ? #broken', false],
  ['$name ? #evil', true],
  ["$name ? '(a+)+b'", false],
  ["$app == 'x' || $user == 'ann'", true],
  ["$app == 'desktop' && $user == 'bob'", false],
  // From left to right, whatever the operators are.
  ['$app || $missing && $missing', false],
  ['$app || ($missing && $missing)', true],
  ['$missing && $missing || $app', true],
  ['$missing && ($missing || $app)', false],
  ['((($app)))', true],
  ['($app) && (($user == #user))', true],
  ["$app == '$user'", false],
  ["'a && b' == 'a && b'", true],
  ['$app&&$user||$missing', true],
])('%s: %s', (text, expected) => {
  expect(holds(text, own, other)).toBe(expected)
  // A second time out of the cache of patterns.
  expect(holds(text, own, other)).toBe(expected)
})

test('a value or a pattern out of an identity that is too long does not match', () => {
  expect(holds("$a ? '.*'", {}, { a: 'x'.repeat(256) })).toBe(true)
  expect(holds("$a ? '.*'", {}, { a: 'x'.repeat(257) })).toBe(false)
  expect(holds('$a ? #p', { p: '.*|'.padEnd(256, 'x') }, { a: 'x' })).toBe(true)
  expect(holds('$a ? #p', { p: '.*|'.padEnd(257, 'x') }, { a: 'x' })).toBe(false)
})

test('a pattern out of an identity that is large once its counts are written out does not match', () => {
  const value = { a: 'x'.repeat(40) }
  expect(holds('$a ? #p', { p: '(?:x{4}){10}' }, value)).toBe(true)
  expect(holds('$a ? #p', { p: '(?:x{1,4}y?){100}' }, value)).toBe(false)
  expect(holds("$a ? '(?:x{1,4}y?){10,90}'", {}, value)).toBe(true)
})

test('more patterns out of identities than are remembered are all right', () => {
  const restriction = compileRestriction('$a ? #p')
  for (let round = 0; round < 2; round += 1) {
    for (let at = 0; at < 400; at += 1) {
      const a = `x${at}`
      expect(restriction.test({ p: `(?:x)${at}` }, { a })).toBe(true)
      expect(restriction.test({ p: `(x+)+${at}` }, { a })).toBe(true)
      expect(restriction.test({ p: `(${at}` }, { a })).toBe(false)
    }
  }
})

test('more restrictions with a pattern than are remembered are all right', () => {
  const restrictions = Array.from({ length: 100 }, (_, at) => compileRestriction(`$a ? '(x+y?)+${at}'`))
  for (let round = 0; round < 2; round += 1) {
    for (const [at, restriction] of restrictions.entries()) {
      expect(restriction.test({}, { a: `xxyx${at}` })).toBe(true)
      expect(restriction.test({}, { a: `xxyyx${at}` })).toBe(false)
      expect(restriction.test({}, { a: `xxyx${at + 1}` })).toBe(false)
    }
  }
})

test('an identity that is not there is empty', () => {
  const restriction = compileRestriction('$a == #a')
  expect(restriction.test(undefined as never, null as never)).toBe(true)
})

describe('a restriction is refused', () => {
  const CONDITION = '$name, #name, a text in single quotes, a number or "("'
  const OPERAND = '$name, #name, a text in single quotes or a number'
  test.each<[string, number, string]>([
    ['   ', 3, CONDITION],
    ['5', 1, '"==", "!=" or "?" after a number'],
    ['$a && 5', 7, '"==", "!=" or "?" after a number'],
    ['$a ==', 5, OPERAND],
    ['$a == ', 6, OPERAND],
    ['== $a', 0, CONDITION],
    ['$a $b', 3, '"&&", "||" or the end'],
    ["$a == $b == 'x'", 9, '"&&", "||" or the end'],
    ['($a', 3, '"&&", "||" or ")"'],
    ['$a)', 2, '"&&", "||" or the end'],
    ['()', 1, CONDITION],
    ['$a &&', 5, CONDITION],
    ['$a & $b', 3, '"&&", "||" or the end'],
    ['!$a', 0, CONDITION],
    ['$a < 5', 3, '"&&", "||" or the end'],
    ['$a == "x"', 6, OPERAND],
    ["$a == ''", 6, OPERAND],
    ["$a == 'x", 6, OPERAND],
    ["$a == 'it\\'s'", 11, '"&&", "||" or the end'],
    ['$a1', 0, CONDITION],
    ['$a_b', 0, CONDITION],
    ['$a-b', 0, CONDITION],
    ['$é', 0, CONDITION],
    ['$', 0, CONDITION],
    ['a', 0, CONDITION],
    ['$a == 1.', 6, OPERAND],
    ['$a == .5', 6, OPERAND],
    ['$a == 1e5', 6, OPERAND],
    ['$a == +1', 6, OPERAND],
    ['$a == - 1', 6, OPERAND],
    ['$a ? 5', 5, 'a pattern: $name, #name or a text in single quotes'],
    ['($a) == $b', 5, '"&&", "||" or the end'],
    ['$a; $b', 2, '"&&", "||" or the end'],
    ['\u0000', 0, CONDITION],
  ])('%j at %i, expected %s', (text, position, expected) => {
    expect(refusal(text)).toEqual({ code: 'ERR_VISIBILITY_RESTRICTION_INVALID', position, expected })
  })

  test('when it is too long, too deep or has too many conditions', () => {
    const code = 'ERR_VISIBILITY_RESTRICTION_LIMIT'
    expect(refusal(`$${'a'.repeat(1023)}`)).toBe('compiled')
    expect(refusal(`$${'a'.repeat(1024)}`)).toEqual({ code, position: 1024, expected: undefined })
    expect(refusal(`${'('.repeat(32)}$a${')'.repeat(32)}`)).toBe('compiled')
    expect(refusal(`${'('.repeat(33)}$a${')'.repeat(33)}`)).toEqual({
      code,
      position: 32,
      expected: undefined,
    })
    const conditions = (count: number): string => Array.from({ length: count }, () => '$a').join('&&')
    expect(refusal(conditions(64))).toBe('compiled')
    expect(refusal(conditions(65))).toEqual({ code, position: 256, expected: undefined })
    expect(refusal('($a)', { maxDepth: 1 })).toBe('compiled')
    expect(refusal('(($a))', { maxDepth: 1 })).toMatchObject({ code })
    expect(refusal('$a&&$b', { maxTerms: 1 })).toMatchObject({ code })
    expect(refusal('$ab', { maxLength: 2 })).toMatchObject({ code })
  })

  test('when a pattern written in it cannot be used', () => {
    const code = 'ERR_VISIBILITY_RESTRICTION_PATTERN'
    expect(refusal("$a ? '('")).toEqual({ code, position: 5, expected: undefined })
    expect(refusal("$a && $b ? 'a(?=b)'")).toEqual({ code, position: 11, expected: undefined })
    expect(refusal("$a ? '(a)\\1'")).toEqual({ code, position: 5, expected: undefined })
  })

  test('when its patterns are too large together, once their counts are written out', () => {
    const code = 'ERR_VISIBILITY_RESTRICTION_PATTERN'
    // A few characters that cost as much as a thousand: a client can send thousands of them.
    expect(refusal("$a ? '(.?x){150}'")).toBe('compiled')
    expect(refusal("$a ? '(.?x){900}'")).toEqual({ code, position: 5, expected: undefined })
    expect(refusal("$a ? '(.?x){100}' || $a ? '(.?x){100}'")).toEqual({
      code,
      position: 26,
      expected: undefined,
    })
    expect(refusal("$a ? 'abc' && $a ? 'def'", { maxPatternSize: 5 })).toMatchObject({ code, position: 19 })
    expect(compileRestriction("$a ? 'abc' && $a ? 'de'").patternSize).toBe(
      compileRestriction("$a ? 'abc'").patternSize + compileRestriction("$a ? 'de'").patternSize,
    )
    expect(compileRestriction('$a == 5').patternSize).toBe(0)
  })

  test('when more than a few of its patterns come out of identities', () => {
    const dynamic = (count: number): string => Array.from({ length: count }, () => '$a?#b').join('&&')
    expect(refusal(dynamic(8))).toBe('compiled')
    expect(refusal(dynamic(9))).toEqual({
      code: 'ERR_VISIBILITY_RESTRICTION_LIMIT',
      position: 59,
      expected: undefined,
    })
    expect(refusal('$a?#b && $a?$c', { maxDynamicPatterns: 1 })).toMatchObject({ position: 12 })
  })

  test('when it is no string', () => {
    expect(refusal(5 as never)).toEqual({
      code: 'ERR_VISIBILITY_RESTRICTION_INVALID',
      position: 0,
      expected: 'a string',
    })
  })

  test.each(['maxLength', 'maxDepth', 'maxTerms', 'maxPatternSize', 'maxDynamicPatterns'])(
    'with a TypeError when the limit %s is none',
    (name) => {
      for (const value of [0, -1, 1.5, Number.NaN, Infinity, '5']) {
        expect(() => compileRestriction('$a', { [name]: value })).toThrow(
          new TypeError(`"limits.${name}" must be an integer >= 1`),
        )
      }
    },
  )
})

function refusal(text: string, limits = {}): unknown {
  try {
    compileRestriction(text, limits)
    return 'compiled'
  } catch (error) {
    if (!RestrictionError.is(error)) throw error
    return { code: error.code, position: error.position, expected: error.expected }
  }
}

type Model = { leaf: string; value: boolean } | { first: Model; rest: { join: '&&' | '||'; next: Model }[] }

test('what is printed with any spacing and any parentheses is evaluated from left to right', () => {
  const leaf = fc.constantFrom<Model>(
    { leaf: '$app', value: true },
    { leaf: '#missing', value: false },
    { leaf: "$app ? 'desk.*'", value: true },
    { leaf: "$app == 'x'", value: false },
    { leaf: '#level != 5', value: false },
    { leaf: '-1.5 == $half', value: true },
  )
  const { chain } = fc.letrec<{ chain: Model; part: Model }>((tie) => ({
    part: fc.oneof({ depthSize: 'small' }, leaf, tie('chain')),
    chain: fc.record({
      first: tie('part'),
      rest: fc.array(fc.record({ join: fc.constantFrom('&&' as const, '||' as const), next: tie('part') }), {
        maxLength: 3,
      }),
    }),
  }))
  const print = (model: Model, space: string): string => {
    if ('leaf' in model) return model.leaf
    const inner = [
      print(model.first, space),
      ...model.rest.map(({ join, next }) => join + space + print(next, space)),
    ]
    return `(${space}${inner.join(space)}${space})`
  }
  const evaluate = (model: Model): boolean => {
    if ('leaf' in model) return model.value
    return model.rest.reduce(
      (value, { join, next }) => (join === '&&' ? value && evaluate(next) : value || evaluate(next)),
      evaluate(model.first),
    )
  }
  const limits = { maxLength: 1_000_000, maxDepth: 1000, maxTerms: 100_000 }
  fc.assert(
    fc.property(chain, fc.constantFrom('', ' ', '\n\t '), (model, space) => {
      const restriction = compileRestriction(print(model, space), limits)
      expect(restriction.test(own, other)).toBe(evaluate(model))
      expect(compileRestriction(restriction.text, limits).test(own, other)).toBe(evaluate(model))
    }),
    { numRuns: 1000 },
  )
})

test('whatever the text is, nothing but a RestrictionError is thrown', () => {
  const token = fc.constantFrom(
    '$a',
    '#b',
    "'x'",
    '5',
    '-',
    '(',
    ')',
    '&&',
    '||',
    '==',
    '!=',
    '?',
    ' ',
    "'",
    '$',
    '.',
    '\u2028',
  )
  const text = fc.oneof(
    fc.string({ unit: 'binary' }),
    fc.array(token, { maxLength: 30 }).map((all) => all.join('')),
  )
  const identity = fc.dictionary(fc.constantFrom('a', 'b'), fc.anything())
  fc.assert(
    fc.property(text, identity, identity, (source, mine, theirs) => {
      try {
        expect(typeof compileRestriction(source).test(mine, theirs)).toBe('boolean')
      } catch (error) {
        if (!RestrictionError.is(error) || !VisibilityError.is(error)) throw error
      }
    }),
    { numRuns: 2000 },
  )
})
