import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { compileInline, compilePattern } from '../../src/pattern/compile-pattern.ts'
import { backtracking, linear } from '../../src/pattern/engines.ts'
import { parsePattern } from '../../src/pattern/parse.ts'
import { PatternProblem } from '../../src/pattern/problem.ts'
import { topLevel } from '../../src/pattern/shape.ts'

/** Both engines for one pattern, whichever of them it would get. */
function engines(source: string, flags: string): ((value: string) => boolean)[] {
  const native = new RegExp(source, flags)
  const parts = topLevel(parsePattern(native.source, native), native.multiline)
  const node = { type: 'sequence', nodes: parts } as const
  return [
    compilePattern(source, flags).test,
    linear(node, native.unicode),
    ...(source.includes('\\p{') || source.includes('\\P{') ? [] : [backtracking(node, native.unicode)]),
  ]
}

function reference(source: string, flags: string): (value: string) => boolean {
  const native = new RegExp(String.raw`(?<![^])(?:${source})(?![^])`, flags)
  return (value) => native.test(value)
}

const VALUES = [
  ...[
    '',
    'a',
    'A',
    'b',
    'ab',
    'aa',
    'AB',
    '0',
    '9',
    '_',
    '-',
    'a-b',
    ' ',
    '\t',
    '\n',
    '\r',
    '\u2028',
    '\u2029',
  ],
  ...[
    '\u000b',
    '\u00a0',
    '\ufeff',
    '\u180e',
    'é',
    'É',
    'ß',
    'ẞ',
    'ſ',
    's',
    'S',
    '\u212a',
    'k',
    'K',
    'İ',
    'ı',
    'i',
  ],
  ...[
    'I',
    'σ',
    'ς',
    'Σ',
    'µ',
    'μ',
    'Å',
    'å',
    '\u2126',
    'ω',
    'я',
    'Я',
    '😀',
    '\ud83d',
    '\ude00',
    '𐐀',
    '𐐨',
    '/',
  ],
  ...[
    '\\',
    ']',
    '[',
    '{',
    '}',
    '(',
    ')',
    '.',
    '*',
    '\b',
    '\0',
    '\x01',
    'p',
    'a{',
    'a{,3}',
    'u',
    'aaa',
    'a\nb',
  ],
  ...[
    'ab\n',
    '\nab',
    'T42.x',
    'T42x',
    'a😀',
    '😀😀',
    'ǆ',
    'ǅ',
    'Ǆ',
    'ꭰ',
    'Ꭰ',
    'ᾳ',
    'ᾼ',
    'x',
    'Q',
    '\u{10ffff}',
  ],
]

describe('a pattern means what it means to RegExp', () => {
  test.each([
    ...[
      'a',
      '.',
      '.*',
      '.+',
      'a.b',
      '..',
      '[]',
      '[^]',
      '[^]*',
      'a|b',
      '|a',
      '(?:)',
      '(?:a|b)*',
      '(a*)*',
      '(?:|a)+',
    ],
    ...[
      '\\d',
      '\\D',
      '\\w',
      '\\W',
      '\\s',
      '\\S',
      '[\\s\\S]',
      '[^\\s]',
      '[^\\W_]',
      '[\\d-x]',
      '[a-]',
      '[-a]',
      '[\\b]',
    ],
    ...[
      '\\/',
      '/',
      '[/]',
      '\\t',
      '\\v',
      '\\0',
      '\\x41',
      '\\u0041',
      '\\u{41}',
      '\\u{3}',
      '\\cA',
      '\\-',
      '\\.',
      '\\]',
    ],
    ...[
      '(?<name>a)b',
      '(?<n_$>a|b)+?',
      'a{2}',
      'a{1,2}',
      'a{2,}?',
      'a{',
      'a{,3}',
      'a{1',
      '}',
      ']',
      'a??',
      '\\Q',
      '\\A',
    ],
    ...[
      '^a$',
      '^a|b$',
      '(?:^a)b',
      'a$|b',
      'a^',
      '$a',
      '\\ba\\b',
      '\\Ba',
      'a\\b-\\bb',
      '😀',
      '[😀]',
      '[^😀]',
      '\\ud83d.',
    ],
    ...[
      '\\ud83d\\ude00',
      '[\\ud83d\\ude00]',
      '[\\ud800-\\udfff]+',
      '[\\u0000-\\uffff]',
      '[[:alpha:]]',
      '[a&&b]',
      '\\p{L}',
    ],
    ...[
      '\\pL',
      '(?:a{3}){2}',
      'T42\\..+',
      "'___channel___.+'",
      'ſ',
      'k',
      '\\u212a',
      '[k-s]',
      '[^k]',
      'σ',
      'ß',
      'é',
      'İ',
      'i',
    ],
    ...[
      '\\xe9',
      '[à-ÿ]',
      'ǆ',
      '[а-я]',
      '\\a',
      '\\e',
      '\\z',
      '\\y',
      '\\8'.replace('8', 'x'),
      '\\u',
      'a.+b',
      '[^\\n]+',
    ],
  ])('%s', (source) => {
    for (const flags of ['', 'i', 's', 'm', 'g', 'y', 'is', 'gimsy']) {
      // There the middle of a pattern asks for a line terminator beside it.
      if (flags.includes('m') && /\(\?:\^|\$\||a\^|\$a|\|b\$/.test(source)) continue
      const expected = reference(source, flags.replace(/[gy]/g, ''))
      for (const matches of engines(source, flags)) {
        for (const value of VALUES) expect([value, matches(value)]).toEqual([value, expected(value)])
      }
    }
  })

  test.each([
    ...[
      '.',
      '..',
      '.*',
      '[^]',
      '😀',
      '[😀]',
      '[^😀]',
      '[😀-😂]',
      '\\u{1f600}',
      '\\ud83d\\ude00',
      '\\ud83d',
      '\\u{d83d}',
    ],
    ...[
      '[\\ud83d\\ude00]',
      '\\u{d83d}\\u{de00}',
      '\\w',
      '\\W',
      '[\\w]',
      '[^\\w]',
      '[^\\W]',
      '\\s',
      '\\S',
      '\\d+',
      '[k-s]',
    ],
    ...[
      'ſ',
      'k',
      'K',
      '\\u212a',
      '[^k]',
      'σ',
      'ς',
      'ß',
      'ẞ',
      'İ',
      'ı',
      'i',
      'I',
      '\\u{10400}',
      'ᾳ',
      'ǆ',
      'Ꭰ',
      'å',
      'ω',
      'µ',
    ],
    ...[
      '[\\u{0}-\\u{10ffff}]',
      '(?<Ω>a)',
      '[à-ÿ]+',
      '\\-'.replace('-', '/'),
      '[\\-a]',
      '\\cA',
      '\\0',
      '\\x41',
      '^.$',
    ],
  ])('%s with the flag u', (source) => {
    for (const flags of ['u', 'iu', 'su', 'mu']) {
      const expected = reference(source, flags)
      for (const matches of engines(source, flags)) {
        for (const value of VALUES) expect([value, matches(value)]).toEqual([value, expected(value)])
      }
    }
  })

  test.each([
    '\\p{L}',
    '\\P{L}',
    '[\\p{Lu}\\d]+',
    '[^\\p{L}]',
    '[^\\P{L}a]',
    '\\p{Script=Greek}',
    '\\p{sc=Cyrillic}',
  ])('%s', (source) => {
    const expected = reference(source, 'u')
    for (const matches of engines(source, 'u')) {
      for (const value of VALUES) expect([value, matches(value)]).toEqual([value, expected(value)])
    }
  })

  test('for any pattern of the common subset and any value', () => {
    const character = fc.constantFrom(...'abkKsS01_-. /\n\u2028éÉßſ\u212aσΣ😀'.split(''), '😀')
    const escape = fc.constantFrom(
      ...['\\d', '\\D', '\\w', '\\W', '\\s', '\\S', '\\.', '\\/', '\\x41', '\\u00e9', '\\n'],
    )
    const plain = character.map((one) => (/[.\-/]/.test(one) ? `\\${one}` : one))
    const inClass = fc.oneof(
      plain.filter((one) => one !== '\\-'),
      escape,
      fc.constantFrom('a-k', 'A-S', '0-9', 'à-ÿ'),
    )
    const characterClass = fc
      .tuple(fc.boolean(), fc.array(inClass, { maxLength: 4 }))
      .map(([not, items]) => `[${not ? '^' : ''}${items.join('')}]`)
    const { pattern } = fc.letrec<{ pattern: string; atom: string }>((tie) => ({
      atom: fc.oneof(
        { depthSize: 'small', withCrossShrink: true },
        plain,
        escape,
        characterClass,
        fc.constantFrom('.', '\\b', '\\B'),
        tie('pattern').map((inner) => `(?:${inner})`),
        tie('pattern').map((inner) => `(${inner})`),
      ),
      pattern: fc
        .array(
          fc
            .tuple(
              tie('atom'),
              fc.constantFrom('', '', '', '*', '+', '?', '{2}', '{1,3}', '{0,2}', '*?', '{2,}'),
            )
            .map(([atom, count]) => (/^\\[bB]$/.test(atom) ? atom : atom + count)),
          { minLength: 1, maxLength: 4 },
        )
        .map((atoms) => atoms.join(''))
        .chain((one) =>
          fc.oneof(
            fc.constant(one),
            tie('atom').map((other) => `${one}|${other}`),
          ),
        ),
    }))
    const flags = fc.constantFrom('', 'i', 's', 'is', 'm')
    const value = fc.array(character, { maxLength: 8 }).map((all) => all.join(''))
    fc.assert(
      fc.property(pattern, flags, fc.array(value, { minLength: 1, maxLength: 8 }), (source, some, values) => {
        const expected = values.map(reference(source, some))
        for (const matches of engines(source, some)) expect(values.map(matches)).toEqual(expected)
      }),
      { numRuns: 500 },
    )
  })

  test.each(['i', 'iu'])('the flags %s make equal what RegExp makes equal, for every character', (flags) => {
    const last = flags.includes('u') ? 0x1_ff_ff : 0xff_ff
    const differing: string[] = []
    for (let point = 0; point <= last; point += 1) {
      const one = flags.includes('u') ? String.fromCodePoint(point) : String.fromCharCode(point)
      const others = new Set([one, one.toLowerCase(), one.toUpperCase(), one.toUpperCase().toLowerCase()])
      if (others.size === 1) continue
      const source = `\\u${flags.includes('u') ? `{${point.toString(16)}}` : point.toString(16).padStart(4, '0')}`
      const ours = compilePattern(source, flags)
      const theirs = new RegExp(`^(?:${source})$`, flags)
      for (const other of others) {
        if (ours.test(other) !== theirs.test(other)) differing.push(`${source} ${other}`)
      }
    }
    expect(differing).toEqual([])
  })
})

describe('a pattern is refused', () => {
  const problem = (source: string, flags = ''): unknown => {
    try {
      return compilePattern(source, flags)
    } catch (error) {
      return error instanceof PatternProblem ? `${error.kind}: ${error.message}` : error
    }
  }

  test.each([
    ['a(?=b)', '', 'unsafe: looks around, which no linear-time engine can do'],
    ['a(?!b)', '', 'unsafe: looks around, which no linear-time engine can do'],
    ['(?<=a)b', '', 'unsafe: looks around, which no linear-time engine can do'],
    ['(?<!a)b', '', 'unsafe: looks around, which no linear-time engine can do'],
    ['(a)\\1', '', 'unsafe: has a back-reference, which no linear-time engine can do'],
    ['(?<n>a)\\k<n>', '', 'unsafe: has a back-reference, which no linear-time engine can do'],
    ['\\1', '', 'unsafe: has a back-reference, which no linear-time engine can do'],
    ['\\012', '', 'unsafe: has an octal escape or a back-reference in a class'],
    ['[\\1]', '', 'unsafe: has an octal escape or a back-reference in a class'],
    ['\\c1', '', 'unsafe: has "\\c" without a letter'],
    ['a\\n^b', 'm', 'unsafe: has ^ or $ in its middle together with the flag m'],
    ['\\bk', 'iu', 'unsafe: has a word boundary together with the flags i and u'],
    ['\\p{L}', 'iu', 'unsafe: has a Unicode property together with the flag i'],
    ['\\p{Script_Extensions=Greek}', 'u', 'unsafe: has a Unicode property that is not supported'],
    ['\\p{Letter}', 'u', 'unsafe: is refused by the linear-time engine'],
    ['a', 'v', 'unsafe: has the flag v, which is not supported'],
    ['a{1001}', '', 'unsafe: repeats more than 1000 times'],
    ['(?:a{1000}){1000}', '', 'unsafe: repeats more than 1000 times'],
    ['(?:(?:a{10}){10}){11}', '', 'unsafe: repeats more than 1000 times'],
    [
      Array.from({ length: 17 }, (_, at) => `[\\W${String.fromCharCode(97 + at)}]`).join(''),
      'i',
      'unsafe: is too large',
    ],
    ['(?:abcdefghij){1000}', '', 'unsafe: is too large'],
    ['('.repeat(102) + ')'.repeat(102), '', 'unsafe: has groups nested more than 100 deep'],
    ['a'.repeat(1025), '', 'unsafe: is longer than 1024 characters'],
    ['/'.repeat(600), '', 'unsafe: is longer than 1024 characters'],
    ['', '', 'invalid: is empty'],
    ['(', '', 'invalid: is no regular expression: Unterminated group'],
    ['[b-a]', '', 'invalid: is no regular expression: Range out of order in character class'],
    ['\\u{110000}', 'u', 'invalid: is no regular expression: Invalid Unicode escape'],
  ])('%s /%s', (source, flags, message) => {
    expect(problem(source, flags)).toBe(message)
  })

  test.each(['x', 'ii', 'I', 'new'])('with the flags %s', (flags) => {
    expect(problem('a', flags)).toContain(`invalid: has flags "${flags}"`)
  })
})

test('the flags may stand in front where a pattern is not delimited', () => {
  expect(compileInline('(?i)desk.*').test('DESKTOP')).toBe(true)
  expect(compileInline('(?is)a.').text).toBe('/a./is')
  expect(() => compileInline('(?-i)a')).toThrow(PatternProblem)
})

test('what a pattern begins and ends with is known', () => {
  const prefix = (source: string, flags = ''): unknown[] => {
    const pattern = compilePattern(source, flags)
    return [pattern.prefix, pattern.suffix, pattern.literal, pattern.engine]
  }
  expect(prefix('T42\\..+')).toEqual(['T42.', '', false, 'backtracking'])
  expect(prefix('^T42\\.$')).toEqual(['T42.', '', true, 'comparison'])
  expect(prefix('ab|ac')).toEqual(['', '', false, 'backtracking'])
  expect(prefix('a.*bc')).toEqual(['a', 'bc', false, 'backtracking'])
  expect(prefix('Tx', 'i')).toEqual(['', '', false, 'backtracking'])
  expect(prefix('12', 'i')).toEqual(['12', '', true, 'comparison'])
  expect(prefix('x(a+)+$')).toEqual(['x', '', false, 'linear'])
  expect(prefix('x.*y.*z😀', 'u')).toEqual(['x', 'z😀', false, 'linear'])
})

test('patterns that explode in a backtracking engine do not', () => {
  const corpus = [
    ...[
      '(a+)+',
      '(a*)*',
      '(a|a)*',
      '(a|aa)+',
      '(.*a){12}',
      '([a-z]+)*',
      '(?:a?){30}a{30}',
      '(\\w+\\s?)*',
      '.*.*.*.*b',
    ],
    ...[
      '(x+x+)+y',
      '(a+){10}',
      '(?:(?:a+)+)+',
      '(\\d+)*x',
      '.*a.*a.*a.*a.*',
      '(?:a|b|ab)*c',
      '^(([a-z])+.)+[A-Z]([a-z])+$',
    ],
  ].map((source) => compilePattern(source, ''))
  expect(corpus.every(({ engine }) => engine === 'linear')).toBe(true)
  let evaluations = 0
  for (let round = 0; evaluations < 10_000; round += 1) {
    const value = 'aax1'.charAt(round % 4).repeat(255) + (round % 3 === 0 ? '!' : '')
    for (const pattern of corpus) {
      pattern.test(value)
      evaluations += 1
    }
  }
  expect(evaluations).toBeGreaterThanOrEqual(10_000)
})
