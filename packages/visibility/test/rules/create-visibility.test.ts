import fc from 'fast-check'
import { expect, test, vi } from 'vitest'
import {
  compileRules,
  createVisibility,
  diffRules,
  type RuleChange,
  type VisibilityPolicy,
  type VisibilityRules,
} from '../../src/index.ts'
import { refusal } from '../refusal.ts'

const a = { kind: 'context', name: 'a' } as const
const closed: VisibilityRules = { contexts: [{ context: 'a', restrictions: 'local' }] }
const open: VisibilityRules = { contexts: [{ context: 'a', restrictions: 'cluster' }] }

test('other rules are in force from the reload on, and what changed is told', () => {
  const visibility = createVisibility(closed)
  const told: [readonly RuleChange[], VisibilityPolicy][] = []
  const stop = visibility.onReload((changes, policy) => told.push([changes, policy]))
  const before = visibility.current
  expect(visibility.decide(a)).toBe('local')

  const changes = visibility.reload(open)
  expect(changes.map(({ text }) => text)).toEqual([
    'contexts[0] changed from {"context":"a","restrictions":"local"} to {"context":"a","restrictions":"cluster"}',
  ])
  expect(told).toEqual([[changes, visibility.current]])
  expect(visibility.decide(a)).toBe('cluster')
  expect(visibility.explain(a).verdict).toBe('cluster')
  expect(visibility.current.rules).toEqual(compileRules(open).rules)
  // Who holds on to the old policy decides by the old rules.
  expect(before.decide(a)).toBe('local')

  stop()
  stop()
  visibility.reload(closed)
  expect(told).toHaveLength(1)
})

test('rules that cannot be used leave the old ones in force', () => {
  const visibility = createVisibility(closed)
  const listener = vi.fn()
  visibility.onReload(listener)
  const before = visibility.current
  const half = { contexts: open.contexts, methods: [{ method: '/(/', restrictions: 'local' }] }
  expect(refusal(() => visibility.reload(half))).toEqual({
    code: 'ERR_VISIBILITY_PATTERN_INVALID',
    path: 'methods[0].method',
  })
  expect(visibility.current).toBe(before)
  expect(visibility.decide(a)).toBe('local')
  expect(listener).not.toHaveBeenCalled()
})

test('the same rules change nothing and tell nobody', () => {
  const visibility = createVisibility({
    methods: [{ method: /x/g, restrictions: 'local', identity: { a: '1', b: '2' } }],
  })
  const listener = vi.fn()
  visibility.onReload(listener)
  const before = visibility.current
  const same = {
    methods: [{ identity: { b: '2', a: '1' }, restrictions: 'local', method: '/x/' }],
    default: 'local',
  }
  expect(visibility.reload(same)).toEqual([])
  expect(visibility.current).toBe(before)
  expect(listener).not.toHaveBeenCalled()
})

test('a listener that throws keeps nobody from being told, and its error is not lost', async () => {
  const visibility = createVisibility(closed)
  const listener = vi.fn()
  visibility.onReload(() => {
    throw new Error('from the listener')
  })
  visibility.onReload(listener)
  const listeners = process.listeners('uncaughtException')
  process.removeAllListeners('uncaughtException')
  const uncaught = new Promise((resolve) => process.once('uncaughtException', resolve))
  try {
    visibility.reload(open)
    expect(await uncaught).toMatchObject({ message: 'from the listener' })
  } finally {
    for (const one of listeners) process.on('uncaughtException', one)
  }
  expect(listener).toHaveBeenCalledTimes(1)
})

test('a reload inside a listener is told of in order, and one who left is not told', () => {
  const visibility = createVisibility(closed)
  const told: string[] = []
  visibility.onReload((_, policy) => {
    told.push(`first ${policy.decide(a)}`)
    if (policy.decide(a) === 'cluster') visibility.reload(closed)
  })
  const leave = visibility.onReload((_, policy) => {
    told.push(`second ${policy.decide(a)}`)
    leave()
  })
  visibility.onReload((_, policy) => told.push(`third ${policy.decide(a)}`))
  visibility.reload(open)
  expect(told).toEqual(['first cluster', 'second cluster', 'third cluster', 'first local', 'third local'])
  expect(visibility.decide(a)).toBe('local')
})

test('a listener has to be a function', () => {
  expect(() => createVisibility({}).onReload('x' as never)).toThrow(
    new TypeError('"listener" must be a function'),
  )
})

const rule = fc.record(
  {
    context: fc.constantFrom('a', 'b', '/a|b/', /[ab]+/),
    restrictions: fc.constantFrom('local' as const, 'cluster' as const),
  },
  { requiredKeys: ['restrictions'] },
)
const ruleSets = fc.record({
  contexts: fc.array(rule, { maxLength: 8 }),
  default: fc.constantFrom('local' as const, 'cluster' as const),
}) as fc.Arbitrary<VisibilityRules>

test('a reload decides as rules compiled afresh do', () => {
  fc.assert(
    fc.property(fc.array(ruleSets, { minLength: 2, maxLength: 5 }), (sets) => {
      const visibility = createVisibility(sets[0] as VisibilityRules)
      for (const rules of sets) {
        visibility.reload(rules)
        const fresh = compileRules(rules)
        expect(visibility.current.rules).toEqual(fresh.rules)
        for (const name of ['a', 'b', 'ab', 'c']) {
          const subject = { kind: 'context', name } as const
          expect(visibility.decide(subject)).toBe(fresh.decide(subject))
        }
      }
    }),
    { numRuns: 300 },
  )
})

const named = (...names: string[]) => ({
  contexts: names.map((context) => ({ context, restrictions: 'local' as const })),
})
const texts = (before: unknown, after: unknown): string[] =>
  diffRules(before, after).map(({ text }) => text.replace(/: ?\{.*/, ''))

test.each<[string[], string[], string[]]>([
  [['a', 'b'], ['a', 'b'], []],
  [['a', 'b'], ['a', 'x', 'b'], ['contexts[1] added']],
  [['a', 'b', 'c'], ['a', 'c'], ['contexts[1] removed']],
  [['a', 'b', 'c'], ['c', 'a', 'b'], ['contexts[2] moved to contexts[0]']],
  [['a', 'a'], ['a'], ['contexts[1] removed']],
  [['a'], ['a', 'a'], ['contexts[1] added']],
  [
    ['a', 'b', 'c'],
    ['x', 'a', 'c'],
    ['contexts[1] removed', 'contexts[0] added'],
  ],
  [[], ['a'], ['contexts[0] added']],
])('from %j to %j: %j', (before, after, expected) => {
  expect(texts(named(...before), named(...after))).toEqual(expected)
})

test('a difference says everything', () => {
  expect(
    diffRules(
      { ...named('a', 'b'), default: 'cluster' },
      { ...named('a', 'c'), peers: [{ restrictions: 'local' }] },
    ),
  ).toEqual([
    {
      type: 'changed',
      list: 'contexts',
      from: 1,
      to: 1,
      before: { context: 'b', restrictions: 'local' },
      after: { context: 'c', restrictions: 'local' },
      text: 'contexts[1] changed from {"context":"b","restrictions":"local"} to {"context":"c","restrictions":"local"}',
    },
    {
      type: 'added',
      list: 'peers',
      index: 0,
      rule: { restrictions: 'local' },
      text: 'peers[0] added: {"restrictions":"local"}',
    },
    { type: 'default', before: 'cluster', after: 'local', text: 'default changed from "cluster" to "local"' },
  ])
})

test('a difference is empty for equal sets alone, and can be undone by what it says', () => {
  const apply = (before: VisibilityRules, changes: readonly RuleChange[]): string[] => {
    const left = new Map<number, string>(
      [...(before.contexts ?? []).entries()].map(([at, one]) => [
        at,
        JSON.stringify(compileRules({ contexts: [one] }).rules.contexts[0]),
      ]),
    )
    const placed = new Map<number, string>()
    for (const change of changes) {
      if (change.type === 'default') continue
      if (change.type === 'added' || change.type === 'removed') {
        if (change.type === 'added') placed.set(change.index, JSON.stringify(change.rule))
        else left.delete(change.index)
      } else {
        left.delete(change.from)
        placed.set(change.to, JSON.stringify(change.type === 'moved' ? change.rule : change.after))
      }
    }
    const rest = [...left].toSorted(([x], [y]) => x - y).map(([, one]) => one)
    return Array.from(
      { length: placed.size + rest.length },
      (_, at) => placed.get(at) ?? (rest.shift() as string),
    )
  }
  fc.assert(
    fc.property(ruleSets, ruleSets, (before, after) => {
      const changes = diffRules(before, after)
      const wanted = compileRules(after).rules
      expect(apply(before, changes)).toEqual(wanted.contexts.map((one) => JSON.stringify(one)))
      expect(changes.length === 0).toBe(JSON.stringify(compileRules(before).rules) === JSON.stringify(wanted))
      expect(diffRules(after, after)).toEqual([])
    }),
    { numRuns: 500 },
  )
})
