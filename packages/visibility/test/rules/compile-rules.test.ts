import { runInNewContext } from 'node:vm'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import {
  compileRules,
  MAX_CACHED_DECISIONS,
  MAX_IDENTITY_MEMBERS,
  MAX_LIST_MEMBERS,
  MAX_NAME_LENGTH,
  MAX_RULES,
  VisibilityError,
  type Identity,
  type Matcher,
  type MethodRule,
  type VisibilityRules,
} from '../../src/index.ts'
import { refusal } from '../refusal.ts'

const method = (name: string, identity?: Identity) => ({ kind: 'method', name, identity }) as const

/** Rules that match nothing asked here, and make a list one that is looked up and remembered. */
const MANY = Array.from({ length: 20 }, (_, at) => ({
  restrictions: 'local' as const,
  identity: { [`m${at % 2}`]: '!' },
}))

function verdict(wanted: Matcher, name: string): string {
  return compileRules({ methods: [{ method: wanted, restrictions: 'cluster' }] }).decide(method(name))
}

function ofIdentity(wanted: Matcher, value: unknown): string {
  const rules = { methods: [{ restrictions: 'cluster', identity: { key: wanted } }] } as const
  return compileRules(rules).decide(method('x', { key: value }))
}

describe('a matcher', () => {
  test.each<[Matcher, string, boolean]>([
    ['a', 'a', true],
    ['a', 'A', false],
    ['a', 'ab', false],
    ['', '', true],
    ['a.c', 'abc', false],
    ['.*', 'abc', false],
    ['/a.c/', 'abc', true],
    ['/a.c/', 'xabc', false],
    ['/a.c/i', 'ABC', true],
    ['/a|b/', 'b', true],
    ['/a|b/', 'ab', false],
    ['/a/b/', 'a/b', true],
    ['/a.c/s', 'a\nc', true],
    ['/a.c/', 'a\nc', false],
    ['/a', '/a', true],
    ['//', '//', true],
    ['/', '/', true],
    ['/a/b-c', '/a/b-c', true],
    ['#a.c', 'abc', true],
    ['#a.c', '#abc', false],
    ['#(?i)a.c', 'ABC', true],
    ['#/a/', '/a/', true],
    [/a.c/, 'abc', true],
    [/a/, 'ab', false],
    [/b/, 'ab', false],
    [/a|ab/, 'ab', true],
    [/^a$/m, 'a', true],
    [/^a$/m, 'a\na', false],
    [/a/g, 'a', true],
    [/a/y, 'a', true],
    [/b/y, 'ab', false],
    [/a/d, 'a', true],
    [/./u, '😀', true],
    [/./, '😀', false],
    ['__proto__', '__proto__', true],
    ['constructor', 'constructor', true],
    ['toString', 'hasOwnProperty', false],
  ])('%s and the name %j: %s', (wanted, name, matches) => {
    expect(verdict(wanted, name)).toBe(matches ? 'cluster' : 'local')
  })

  test.each<[Matcher, unknown, boolean]>([
    ['x', 'x', true],
    ['42', 42, true],
    ['/4./', 42, true],
    ['-1.5', -1.5, true],
    ['NaN', Number.NaN, false],
    ['Infinity', Infinity, false],
    ['true', true, false],
    ['null', null, false],
    ['undefined', undefined, false],
    ['/.*/s', null, false],
    ['/.*/s', {}, false],
    ['/.*/s', ['x'], false],
    ['x', new String('x'), false],
    ['1', 1n, false],
  ])('%s and the identity member %s: %s', (wanted, value, matches) => {
    expect(ofIdentity(wanted, value)).toBe(matches ? 'cluster' : 'local')
  })

  test('keeps no state of the RegExp it was made from', () => {
    const pattern = /a/gy
    pattern.lastIndex = 5
    expect([verdict(pattern, 'a'), verdict(pattern, 'a')]).toEqual(['cluster', 'cluster'])
    expect(pattern.lastIndex).toBe(5)
  })

  test('is what the RegExp is, not what it says about itself', () => {
    class Liar extends RegExp {
      override get source(): string {
        return '.*'
      }
      override get flags(): string {
        return 'v'
      }
      override test(): boolean {
        return true
      }
    }
    const liar = new Liar('a', 'i')
    Object.defineProperty(liar, 'ignoreCase', { value: false })
    expect([verdict(liar, 'A'), verdict(liar, 'b')]).toEqual(['cluster', 'local'])
    expect(verdict(runInNewContext('/a/i') as RegExp, 'A')).toBe('cluster')
  })
})

describe('rules', () => {
  test('without a name or an identity match any', () => {
    const policy = compileRules({
      contexts: [{ restrictions: 'cluster' }],
      methods: [{ restrictions: 'cluster', identity: {} }],
    })
    for (const name of ['', 'a', '\n', 'x'.repeat(MAX_NAME_LENGTH)]) {
      expect(policy.decide({ kind: 'context', name })).toBe('cluster')
      expect(policy.decide(method(name, { a: 1 }))).toBe('cluster')
    }
  })

  test('for peers without a domain mean interop and bus, never context', () => {
    const policy = compileRules({
      peers: [{ domain: 'context', restrictions: 'local' }, { restrictions: 'cluster' }],
    })
    expect(
      ['interop', 'agm', 'bus', 'context'].map((domain) =>
        policy.decide({ kind: 'peer', domain: domain as 'bus' }),
      ),
    ).toEqual(['cluster', 'cluster', 'cluster', 'local'])
    expect(policy.explain({ kind: 'peer', domain: 'context' }).misses.map(({ why }) => why)).toEqual([
      'a rule for the domain "context" has no effect',
      'no rule for peers applies to the domain "context"',
    ])
  })

  test('that say agm mean interop', () => {
    const policy = compileRules({ peers: [{ domain: 'agm', restrictions: 'cluster' }] })
    expect(policy.decide({ kind: 'peer', domain: 'interop' })).toBe('cluster')
    expect(policy.decide({ kind: 'peer', domain: 'bus' })).toBe('local')
    expect(policy.rules.peers).toEqual([{ domain: 'agm', restrictions: 'cluster' }])
  })

  test('all members of an identity have to match', () => {
    const policy = compileRules({
      methods: [{ restrictions: 'cluster', identity: { application: /desk.+/, user: 'ann' } }],
    })
    expect(policy.decide(method('x', { application: 'desktop', user: 'ann' }))).toBe('cluster')
    expect(policy.decide(method('x', { application: 'desktop', user: 'bob' }))).toBe('local')
    expect(policy.decide(method('x', { application: 'desktop' }))).toBe('local')
    expect(policy.decide(method('x'))).toBe('local')
    expect(policy.decide({ kind: 'method', name: 'x', identity: null })).toBe('local')
  })

  test('read own members of an identity only, however they are called', () => {
    const identity = JSON.parse('{"__proto__":"a","constructor":"b","toString":"c"}') as Identity
    const members = JSON.parse('{"__proto__":"a","constructor":"b","toString":"c"}') as Record<string, string>
    const policy = compileRules({ methods: [{ restrictions: 'cluster', identity: members }] })
    expect(policy.decide(method('x', identity))).toBe('cluster')
    expect(policy.decide(method('x', {}))).toBe('local')
    expect(JSON.stringify(policy.rules.methods[0]?.identity)).toBe(
      '{"__proto__":"a","constructor":"b","toString":"c"}',
    )
    const anything = compileRules({ methods: [{ restrictions: 'cluster', identity: { toString: /.*/s } }] })
    expect(anything.decide(method('x', {}))).toBe('local')
  })

  test('say nothing about kinds of each other', () => {
    const policy = compileRules({ contexts: [{ context: 'a', restrictions: 'cluster' }] })
    expect(policy.decide(method('a'))).toBe('local')
  })

  test('end in the default, which is local', () => {
    expect(compileRules({}).decide(method('a'))).toBe('local')
    expect(compileRules({ default: 'cluster' }).decide(method('a'))).toBe('cluster')
  })

  test('answer local about what is too long, also where the default is cluster', () => {
    const policy = compileRules({
      methods: [{ method: 'x', restrictions: 'cluster', identity: { user: /.+/ } }],
      default: 'cluster',
    })
    const long = 'x'.repeat(MAX_NAME_LENGTH + 1)
    expect(policy.decide(method(long.slice(1)))).toBe('cluster')
    for (const subject of [method(long), method('x', { user: long })]) {
      expect(policy.decide(subject)).toBe('local')
      expect(policy.explain(subject)).toMatchObject({ verdict: 'local', because: 'too-long' })
    }
    // Nobody asks for that one.
    expect(policy.decide(method('y', { other: long }))).toBe('cluster')
  })

  test('are a copy', () => {
    const rule = { method: 'a', restrictions: 'cluster' as const, identity: { user: 'ann' } }
    const methods: MethodRule[] = [rule]
    const policy = compileRules({ methods })
    rule.identity.user = 'bob'
    methods.length = 0
    expect(policy.decide(method('a', { user: 'ann' }))).toBe('cluster')
    expect(() => {
      ;(policy.rules.methods as unknown[]).push(1)
    }).toThrow(TypeError)
  })

  test('come back out in a form that JSON keeps', () => {
    const policy = compileRules({
      contexts: [
        { context: /a\/b/gi, restrictions: 'local' },
        { context: new RegExp('a/b\n'), restrictions: 'local' },
      ],
      methods: [{ method: '#(?i)x', restrictions: 'cluster', identity: { a: '/y/su', b: 'z' } }],
      peers: undefined,
    })
    expect(policy.rules).toEqual({
      contexts: [
        { context: '/a\\/b/i', restrictions: 'local' },
        { context: '/a\\/b\\n/', restrictions: 'local' },
      ],
      methods: [{ method: '/x/i', restrictions: 'cluster', identity: { a: '/y/su', b: 'z' } }],
      peers: [],
      default: 'local',
    })
    const again = compileRules(JSON.parse(JSON.stringify(policy.rules)))
    expect(again.rules).toEqual(policy.rules)
    expect(again.decide({ kind: 'context', name: 'A/B' })).toBe('local')
  })
})

describe('a mistake is named', () => {
  const invalid = 'ERR_VISIBILITY_RULES_INVALID'
  const cluster = { restrictions: 'cluster' }
  test.each<[unknown, string, string]>([
    [null, invalid, 'rules'],
    [undefined, invalid, 'rules'],
    ['rules', invalid, 'rules'],
    [[], invalid, 'rules'],
    [new Map(), invalid, 'rules'],
    [{ context: [] }, invalid, 'context'],
    [{ contexts: {} }, invalid, 'contexts'],
    [{ contexts: null }, invalid, 'contexts'],
    [{ contexts: 'x' }, invalid, 'contexts'],
    [{ default: 'Local' }, invalid, 'default'],
    [{ contexts: [cluster, null] }, invalid, 'contexts[1]'],
    [{ contexts: [[]] }, invalid, 'contexts[0]'],
    [{ contexts: [/x/] }, invalid, 'contexts[0]'],
    [{ contexts: Array.from({ length: 2 }) }, invalid, 'contexts[0]'],
    [{ contexts: [{}] }, invalid, 'contexts[0].restrictions'],
    [{ contexts: [{ restrictions: 'remote' }] }, invalid, 'contexts[0].restrictions'],
    [{ contexts: [{ restrictions: ['local'] }] }, invalid, 'contexts[0].restrictions'],
    [{ methods: [{ ...cluster, context: 'x' }] }, invalid, 'methods[0].context'],
    [{ methods: [{ ...cluster, method: 1 }] }, invalid, 'methods[0].method'],
    [{ methods: [{ ...cluster, method: null }] }, invalid, 'methods[0].method'],
    [{ methods: [{ ...cluster, method: RegExp.prototype }] }, invalid, 'methods[0].method'],
    [{ methods: [{ ...cluster, method: { source: 'a', flags: '' } }] }, invalid, 'methods[0].method'],
    [{ methods: [{ ...cluster, 'a b': 1 }] }, invalid, 'methods[0]["a b"]'],
    [{ methods: [JSON.parse('{"restrictions":"local","__proto__":{}}')] }, invalid, 'methods[0].__proto__'],
    [{ peers: [{ ...cluster, domain: 'metrics' }] }, invalid, 'peers[0].domain'],
    [{ peers: [{ ...cluster, domain: /bus/ }] }, invalid, 'peers[0].domain'],
    [{ peers: [{ ...cluster, identity: [] }] }, invalid, 'peers[0].identity'],
    [{ peers: [{ ...cluster, identity: { user: 1 } }] }, invalid, 'peers[0].identity.user'],
    [
      { contexts: [cluster, cluster, { ...cluster, identity: { application: '/(/' } }] },
      'ERR_VISIBILITY_PATTERN_INVALID',
      'contexts[2].identity.application',
    ],
    [{ methods: [{ ...cluster, method: '/a/x' }] }, 'ERR_VISIBILITY_PATTERN_INVALID', 'methods[0].method'],
    [{ methods: [{ ...cluster, method: '#' }] }, 'ERR_VISIBILITY_PATTERN_INVALID', 'methods[0].method'],
    [{ methods: [{ ...cluster, method: /a(?=b)/ }] }, 'ERR_VISIBILITY_PATTERN_UNSAFE', 'methods[0].method'],
    [{ methods: [{ ...cluster, method: /(a)\1/ }] }, 'ERR_VISIBILITY_PATTERN_UNSAFE', 'methods[0].method'],
    [{ methods: [{ ...cluster, method: '/a/v' }] }, 'ERR_VISIBILITY_PATTERN_UNSAFE', 'methods[0].method'],
    [
      { methods: [{ ...cluster, method: new RegExp('a', 'v') }] },
      'ERR_VISIBILITY_PATTERN_UNSAFE',
      'methods[0].method',
    ],
    [
      { methods: [{ ...cluster, method: 'x'.repeat(257) }] },
      'ERR_VISIBILITY_RULES_LIMIT',
      'methods[0].method',
    ],
    [
      { methods: [{ ...cluster, identity: { ['x'.repeat(257)]: 'a' } }] },
      'ERR_VISIBILITY_RULES_LIMIT',
      'methods[0].identity',
    ],
    [
      { methods: Array.from({ length: MAX_RULES + 1 }, () => cluster) },
      'ERR_VISIBILITY_RULES_LIMIT',
      'methods',
    ],
    [{ methods: Object.assign([], { length: 4_294_967_295 }) }, 'ERR_VISIBILITY_RULES_LIMIT', 'methods'],
    [
      { methods: [{ ...cluster, identity: members(0, MAX_IDENTITY_MEMBERS + 1) }] },
      'ERR_VISIBILITY_RULES_LIMIT',
      'methods[0].identity',
    ],
    [
      {
        methods: [0, 32, 64].map((from) => ({
          ...cluster,
          identity: members(from, from === 64 ? 1 : MAX_LIST_MEMBERS / 2),
        })),
      },
      'ERR_VISIBILITY_RULES_LIMIT',
      'methods[2].identity',
    ],
  ])('%#', (rules, code, path) => {
    expect(refusal(() => compileRules(rules))).toEqual({ code, path })
  })

  function members(from: number, count: number): Record<string, string> {
    return Object.fromEntries(Array.from({ length: count }, (_, at) => [`m${from + at}`, 'x']))
  }

  test('with the path in front of the message, and a key that is long cut', () => {
    expect(() => compileRules({ methods: [{ restrictions: 'x' }] })).toThrow(
      'methods[0].restrictions: must be "local" or "cluster"',
    )
    expect(refusal(() => compileRules({ ['x'.repeat(10_000)]: 1 }))).toEqual({
      code: invalid,
      path: `["${'x'.repeat(63)}…"]`,
    })
  })

  test('in what throws when it is looked at', () => {
    const boom = (): never => {
      throw new Error('boom')
    }
    const getter = Object.defineProperty({ restrictions: 'local' }, 'method', { enumerable: true, get: boom })
    const hostile = new Proxy({}, { ownKeys: boom })
    const revoked = Proxy.revocable([], {})
    revoked.revoke()
    expect(refusal(() => compileRules({ methods: [getter] }))).toEqual({ code: invalid, path: 'methods[0]' })
    expect(refusal(() => compileRules(hostile))).toEqual({ code: invalid, path: 'rules' })
    expect(refusal(() => compileRules({ peers: revoked.proxy }))).toEqual({ code: invalid, path: 'peers' })
    expect(refusal(() => compileRules({ peers: new Proxy([], { get: boom }) }))).toEqual({
      code: invalid,
      path: 'peers',
    })
    expect(
      refusal(() => compileRules({ methods: [{ restrictions: 'local', method: new Proxy(/a/, {}) }] })),
    ).toEqual({
      code: invalid,
      path: 'methods[0].method',
    })
  })

  test('in the subject with a TypeError', () => {
    const policy = compileRules({})
    const wrong = (subject: unknown) => () => policy.decide(subject as Parameters<typeof policy.decide>[0])
    expect(wrong({ kind: 'x', name: 'a' })).toThrow(
      new TypeError('"subject.kind" must be "context", "method" or "peer"'),
    )
    expect(wrong({ kind: 'method' })).toThrow(new TypeError('"subject.name" must be a string'))
    expect(wrong({ kind: 'peer', domain: 'x' })).toThrow(TypeError)
    expect(wrong({ kind: 'method', name: 'a', identity: 'x' })).toThrow(
      new TypeError('"subject.identity" must be an object'),
    )
  })

  test('whatever the value is, nothing but a VisibilityError is thrown', () => {
    const matcher = fc.oneof(
      fc.anything(),
      fc.string(),
      fc.string().map((text) => `/${text}/`),
      fc.string().map((text) => `#${text}`),
    )
    const rule = fc.oneof(
      fc.anything(),
      fc.record(
        {
          restrictions: fc.constantFrom('local', 'cluster'),
          method: matcher,
          identity: fc.oneof(fc.anything(), fc.dictionary(fc.string(), matcher)),
        },
        { requiredKeys: ['restrictions'] },
      ),
    )
    const rules = fc.oneof(
      fc.anything({
        withNullPrototype: true,
        withMap: true,
        withBigInt: true,
        withDate: true,
        withTypedArray: true,
      }),
      fc.record(
        { methods: fc.array(rule), contexts: fc.oneof(fc.anything(), fc.array(rule)) },
        { requiredKeys: [] },
      ),
    )
    fc.assert(
      fc.property(rules, (value) => {
        try {
          compileRules(value)
        } catch (error) {
          if (!VisibilityError.is(error)) throw error
        }
      }),
      { numRuns: 500 },
    )
  })
})

const name = fc.constantFrom(
  '',
  'a',
  'ab',
  'abc',
  'b',
  'T42.a',
  'T42.',
  'T42.ab',
  '\n',
  'é',
  '😀',
  '__proto__',
)
const pattern = fc.constantFrom<Matcher>(
  'a',
  'ab',
  'T42.a',
  '/a.*/',
  '#a+',
  /T42\..+/,
  /.+/,
  /.*/s,
  /a|b/,
  /A./i,
  '/(a|b)+c?/',
  /(?:a*)*b/,
  /./u,
  'zz',
)
const identityRule = fc.dictionary(fc.constantFrom('user', 'app', '__proto__'), pattern, { maxKeys: 2 })
const ruleOf = <K extends string>(key: K, value: fc.Arbitrary<unknown>) =>
  fc.record(
    { [key]: value, restrictions: fc.constantFrom('local', 'cluster'), identity: identityRule },
    { requiredKeys: ['restrictions'] },
  )
const ruleSets = fc.record(
  {
    contexts: fc.array(ruleOf('context', pattern), { maxLength: 12 }),
    methods: fc.array(ruleOf('method', pattern), { maxLength: 12 }),
    peers: fc.array(ruleOf('domain', fc.constantFrom('interop', 'agm', 'bus', 'context')), { maxLength: 6 }),
    default: fc.constantFrom('local', 'cluster'),
  },
  { requiredKeys: [] },
) as unknown as fc.Arbitrary<VisibilityRules>
const identities = fc.option(
  fc.dictionary(fc.constantFrom('user', 'app', '__proto__'), fc.oneof(name, fc.integer(), fc.anything())),
  { nil: undefined },
)
const subjects = fc.oneof(
  fc.record({ kind: fc.constantFrom('context' as const, 'method' as const), name, identity: identities }),
  fc.record({
    kind: fc.constant('peer' as const),
    domain: fc.constantFrom('interop' as const, 'agm' as const, 'bus' as const, 'context' as const),
    identity: identities,
  }),
)

test('the first rule that matches alone is the one that decides among all', () => {
  fc.assert(
    fc.property(ruleSets, subjects, (rules, subject) => {
      const list = subject.kind === 'peer' ? 'peers' : (`${subject.kind}s` as const)
      const first = (rules[list] ?? []).find(
        (rule) => compileRules({ [list]: [rule], default: 'local' }).explain(subject).because === 'rule',
      )
      expect(compileRules(rules).decide(subject)).toBe(first?.restrictions ?? rules.default ?? 'local')
    }),
    { numRuns: 500 },
  )
})

test('the index and the cache decide as the explanation does, first and again', () => {
  fc.assert(
    fc.property(ruleSets, fc.array(subjects, { minLength: 1, maxLength: 8 }), (rules, all) => {
      const many = {
        contexts: [...(rules.contexts ?? []), ...MANY],
        methods: [...(rules.methods ?? []), ...MANY],
      }
      const policy = compileRules(rules)
      const long = compileRules({ ...rules, ...many, peers: [...(rules.peers ?? []), ...MANY] })
      for (const subject of [...all, ...all]) {
        const { verdict: expected } = policy.explain(subject)
        expect([policy.decide(subject), long.decide(subject)]).toEqual([expected, expected])
      }
    }),
    { numRuns: 500 },
  )
})

test('questions whose parts run into each other are told apart', () => {
  const policy = compileRules({
    methods: [{ method: 'a', restrictions: 'cluster', identity: { u: '1:b', v: 'c' } }, ...MANY],
  })
  expect(policy.decide(method('a', { u: '1:b', v: 'c' }))).toBe('cluster')
  expect(policy.decide(method('a3:1:b1:c'))).toBe('local')
  expect(policy.decide(method('a', { u: '1:b1:c' }))).toBe('local')
  expect(policy.decide(method('a', { v: '1:b', u: 'c' }))).toBe('local')
})

test('questions too large to be remembered are decided each time', () => {
  const members = ['a', 'b', 'c', 'd', 'e'].map((member) => [member, 'x'.repeat(MAX_NAME_LENGTH)])
  const identity = Object.fromEntries(members) as Record<string, string>
  const policy = compileRules({ methods: [{ restrictions: 'cluster', identity }, ...MANY] })
  for (const one of [identity, identity, { ...identity, e: 'y' }]) {
    expect(policy.decide(method('n', one))).toBe(one === identity ? 'cluster' : 'local')
  }
})

test('more decisions than are remembered are all right', () => {
  const policy = compileRules({ methods: [{ method: /a.*[02468]/, restrictions: 'cluster' }] })
  for (let round = 0; round < 2; round += 1) {
    for (let at = 0; at < MAX_CACHED_DECISIONS * 1.5; at += 1) {
      if (policy.decide(method(`a${at}`)) !== (at % 2 === 0 ? 'cluster' : 'local')) throw new Error(`a${at}`)
    }
  }
})

test('an explanation says which rule, why, and what would be next', () => {
  const policy = compileRules({
    methods: [
      { method: 'other', restrictions: 'local' },
      { method: /T42\..+/, restrictions: 'local', identity: { application: 'Outlook', user: /a.+/ } },
      { method: /T42\..+/, restrictions: 'cluster' },
    ],
  })
  expect(policy.explain(method('T42.x', { application: 'Outlook', user: 'ann' }))).toEqual({
    verdict: 'local',
    because: 'rule',
    rule: {
      list: 'methods',
      index: 1,
      path: 'methods[1]',
      rule: {
        method: '/T42\\..+/',
        restrictions: 'local',
        identity: { application: 'Outlook', user: '/a.+/' },
      },
    },
    matched: { name: 'pattern', identity: { application: 'exact', user: 'pattern' } },
    next: {
      list: 'methods',
      index: 2,
      path: 'methods[2]',
      rule: { method: '/T42\\..+/', restrictions: 'cluster' },
    },
    misses: [{ path: 'methods[0]', why: 'the name is not "other"' }],
    text: 'local, because methods[1] is the first rule that matches (name: pattern, application: exact, user: pattern); without it methods[2] would decide "cluster"',
  })
  expect(policy.explain(method('other')).text).toBe(
    'local, because methods[0] is the first rule that matches (name: exact); without it the default "local" would decide',
  )
  const secret = policy.explain(method('x', { application: 'Word', user: 'secret' }))
  expect(secret).toEqual({
    verdict: 'local',
    because: 'default',
    misses: [
      { path: 'methods[0]', why: 'the name is not "other"' },
      { path: 'methods[1]', why: 'the name does not match "/T42\\\\..+/"' },
      { path: 'methods[2]', why: 'the name does not match "/T42\\\\..+/"' },
    ],
    text: 'local, because no rule of "methods" matches and the default is "local"',
  })
  expect(policy.explain(method('T42.x', { application: 'Word' })).misses[1]?.why).toBe(
    'identity member "application" is not "Outlook"',
  )
  expect(policy.explain(method('T42.x', { application: 'Outlook', user: 'bob' })).misses[1]?.why).toBe(
    'identity member "user" does not match "/a.+/"',
  )
  expect(policy.explain(method('T42.x', { application: 'Outlook' })).misses[1]?.why).toBe(
    'identity member "user" is missing',
  )
})

test('an explanation of very many rules is bounded', () => {
  const policy = compileRules({
    methods: Array.from({ length: MAX_RULES }, (_, at) => ({
      method: `m${at}`,
      restrictions: 'cluster' as const,
    })),
  })
  expect(policy.explain(method('none')).misses).toHaveLength(1000)
  expect(policy.decide(method('m9999'))).toBe('cluster')
})
