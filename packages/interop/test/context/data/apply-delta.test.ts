import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { applyDelta } from '../../../src/context/data/apply-delta.ts'
import type { Data } from '../../../src/context/data/own-members.ts'
import { readDelta } from '../../../src/context/data/read-delta.ts'
import { weigh } from '../../../src/context/data/weigh.ts'
import { clientApply } from '../support/client-apply.ts'

const parse = (text: string): unknown => JSON.parse(text)

function apply(data: unknown, delta: unknown, limit = 1_000_000): unknown {
  const before = JSON.stringify(data)
  const weightBefore = weigh(data)
  const { data: after, weight } = applyDelta(data as Data, weightBefore, readDelta(delta), limit)
  expect(JSON.stringify(data)).toBe(before)
  expect(weight).toBe(weigh(after))
  return parse(JSON.stringify(after))
}

const set = (path: string, value: unknown): object => ({ commands: [{ type: 'set', path, value }] })
const remove = (path: string): object => ({ commands: [{ type: 'remove', path }] })

describe('what a delta does', () => {
  const rows: [what: string, before: unknown, delta: unknown, after: unknown][] = [
    ['nothing at all changes nothing', { a: 1 }, {}, { a: 1 }],
    ['an absent delta changes nothing', { a: 1 }, undefined, { a: 1 }],
    ['an unknown member is ignored', { a: 1 }, { later: { a: 2 } }, { a: 1 }],
    ['null members are as good as absent', { a: 1 }, { reset: null, commands: null, added: null }, { a: 1 }],
    ['data that are not there yet count as empty', null, { added: { a: 1 } }, { a: 1 }],
    ['added is assigned', { a: 1 }, { added: { a: { b: 2 }, c: null } }, { a: { b: 2 }, c: null }],
    [
      'updated merges two objects, not deeper',
      { a: { b: { c: 1 }, d: 1 } },
      { updated: { a: { b: { e: 1 } } } },
      { a: { b: { e: 1 }, d: 1 } },
    ],
    ['updated replaces a list', { a: [1] }, { updated: { a: { b: 1 } } }, { a: { b: 1 } }],
    ['updated replaces by a list', { a: { b: 1 } }, { updated: { a: [2] } }, { a: [2] }],
    [
      'updated replaces scalars and null',
      { a: 'x', b: null, c: { d: 1 } },
      { updated: { a: { x: 1 }, b: { y: 1 }, c: null } },
      { a: { x: 1 }, b: { y: 1 }, c: null },
    ],
    ['removed deletes members, unknown ones too', { a: 1, b: 2 }, { removed: ['a', 'z'] }, { b: 2 }],
    [
      'added, updated, removed go in this order, not in that of the text',
      { a: 1 },
      { removed: ['x'], updated: { x: { b: 2 } }, added: { x: { a: 1 }, y: 1 } },
      { a: 1, y: 1 },
    ],
    ['reset replaces all', { a: 1 }, { reset: { b: 2 } }, { b: 2 }],
    ['reset alone wins', { a: 1 }, { reset: {}, ...set('b', 1), added: { c: 1 } }, {}],
    ['commands win over the rest, even none', { a: 1 }, { commands: [], added: { c: 1 } }, { a: 1 }],
    ['set makes the parents that are missing', {}, set('a.b.c', 1), { a: { b: { c: 1 } } }],
    [
      'set replaces parents that are no objects',
      { a: 5, b: null, c: 'x' },
      { commands: [...['a.x', 'b.x', 'c.x'].map((path) => ({ type: 'set', path, value: 1 }))] },
      { a: { x: 1 }, b: { x: 1 }, c: { x: 1 } },
    ],
    ['set keeps a list and indexes it', { a: [{ b: 1 }, 2] }, set('a.0.b', 9), { a: [{ b: 9 }, 2] }],
    ['set beyond the end of a list fills it with null', { a: [1] }, set('a.3', 4), { a: [1, null, null, 4] }],
    ['set makes an object in a list', { a: [] }, set('a.0.b', 1), { a: [{ b: 1 }] }],
    ['set of an empty path replaces all', { a: 1 }, set('', { b: 1 }), { b: 1 }],
    [
      'set without a value leaves nothing behind that can be written',
      { a: 1, b: 2 },
      { commands: [{ type: 'set', path: 'a' }] },
      { b: 2 },
    ],
    [
      'set without a value is null in a list',
      { a: [1] },
      { commands: [{ type: 'set', path: 'a.0' }] },
      { a: [null] },
    ],
    ['remove deletes a leaf', { a: { b: 1, c: 2 } }, remove('a.b'), { a: { c: 2 } }],
    ['remove without a parent has no effect', { a: 1 }, remove('x.y.z'), { a: 1 }],
    ['remove below a scalar has no effect', { a: 1 }, remove('a.b'), { a: 1 }],
    ['remove of an item leaves null', { a: [1, 2] }, remove('a.0'), { a: [null, 2] }],
    ['remove beyond a list has no effect', { a: [1] }, remove('a.7'), { a: [1] }],
    ['remove of an empty path empties all', { a: 1 }, remove(''), {}],
    ['empty segments are empty keys', {}, set('a..b.', 1), { a: { '': { b: { '': 1 } } } }],
    [
      'keys with a dot are added but not addressed',
      { 'a.b': 1 },
      { ...set('a.b', 2) },
      { 'a.b': 1, a: { b: 2 } },
    ],
    [
      'commands go in order',
      {},
      {
        commands: [
          ...(set('a.b', 1) as { commands: [] }).commands,
          ...(remove('a.b') as { commands: [] }).commands,
        ],
      },
      { a: {} },
    ],
  ]
  test.each(rows)('%s', (_what, before, delta, after) => {
    expect(apply(before, delta)).toEqual(after)
  })

  test('only a delta that a client would read differently is told as something else', () => {
    const forward = (delta: unknown): unknown => applyDelta({ a: 1 }, 8, readDelta(delta), 1e6).forward
    expect(forward(set('b', 1))).toBeUndefined()
    expect(forward(set('', { b: 1 }))).toEqual({ reset: { b: 1 } })
    expect(
      forward({
        commands: [
          { type: 'remove', path: '' },
          { type: 'set', path: 'c', value: 1 },
        ],
      }),
    ).toEqual({ reset: { c: 1 } })
  })
})

describe('names that objects have by themselves', () => {
  test('are plain members, and touch no prototype', () => {
    const hostile = parse('{"__proto__":{"polluted":1},"constructor":{"prototype":2},"toString":3}')
    for (const delta of [{ added: hostile }, { updated: hostile }, { reset: hostile }]) {
      expect(apply({}, delta)).toEqual(hostile)
    }
    expect(apply({}, set('__proto__.polluted', 1))).toEqual(parse('{"__proto__":{"polluted":1}}'))
    expect(apply({}, set('constructor.prototype.polluted', 1))).toEqual({
      constructor: { prototype: { polluted: 1 } },
    })
    expect(apply({ a: {} }, set('a.__proto__', { polluted: 1 }))).toEqual({
      a: parse('{"__proto__":{"polluted":1}}'),
    })
    expect(apply(hostile, remove('__proto__.polluted'))).toEqual(
      parse('{"__proto__":{},"constructor":{"prototype":2},"toString":3}'),
    )
    expect(apply(hostile, { removed: ['__proto__', 'toString'] })).toEqual({
      constructor: { prototype: 2 },
    })
    expect(apply({}, remove('constructor.name'))).toEqual({})
    expect(apply({}, { updated: { toString: { a: 1 } } })).toEqual({ toString: { a: 1 } })
    expect(({} as Record<string, unknown>).polluted).toBeUndefined()
  })
})

describe('what is refused', () => {
  const refused: [what: string, before: unknown, delta: unknown, reason: RegExp][] = [
    ['a delta that is no object', {}, 'x', /a delta must be an object/],
    ['a list as delta', {}, [], /a delta must be an object/],
    ['commands that are no list', {}, { commands: {} }, /"commands"/],
    ['a command that is no object', {}, { commands: ['set'] }, /must be an object/],
    ['an unknown command', {}, { commands: [{ type: 'move', path: 'a' }] }, /"set" or "remove"/],
    ['a command without a path', {}, { commands: [{ type: 'set', value: 1 }] }, /"path"/],
    ['an added that is a list', {}, { added: [] }, /"added"/],
    ['an updated that is text', {}, { updated: 'x' }, /"updated"/],
    ['a reset that is a list', {}, { reset: [1] }, /"reset"/],
    ['a removed that is no list', {}, { removed: 'a' }, /"removed"/],
    ['a removed with numbers', {}, { removed: [1] }, /"removed"/],
    ['the whole set to a scalar', {}, set('', 5), /must be an object/],
    ['a name in a list', { a: [] }, set('a.b', 1), /cannot be changed/],
    ['a name in a list on the way', { a: [] }, set('a.b.c', 1), /cannot be changed/],
    ['the length of a list', { a: [1] }, set('a.length', 0), /cannot be changed/],
    ['removing the length of a list', { a: [1] }, remove('a.length'), /cannot be changed/],
    ['removing a letter of a text', { a: 'x' }, remove('a.0'), /cannot be changed/],
    ['a far index, before the list is stretched', { a: [] }, set('a.900000000', 1), /maximum size/],
    ['a path of a million names', {}, set('.'.repeat(1_000_000), 1), /nested/],
    ['a value nested too deeply', {}, set('a', parse('['.repeat(3000) + ']'.repeat(3000))), /nested/],
    [
      'a deep value at a deep path',
      {},
      set(Array(200).fill('a').join('.'), parse('['.repeat(60) + ']'.repeat(60))),
      /nested/,
    ],
    ['too much', {}, { added: { a: 'x'.repeat(1_000_001) } }, /maximum size/],
  ]
  test.each(refused)('%s', (_what, before, delta, reason) => {
    expect(() => apply(before, delta)).toThrow(reason)
  })
})

// Words that meet, and a few that hurt.
const key = fc.constantFrom('a', 'b', 'c', '', 'a.b', '0', '1', 'é', 'ns/name', ':x')
const pathKey = fc.constantFrom('a', 'b', 'c', '0', '1', 'é')
const value: fc.Arbitrary<unknown> = fc.letrec((tie) => ({
  value: fc.oneof(
    { depthSize: 'small' },
    fc.constantFrom<unknown>(null, true, false, 0, -1.5, 1e21, '', 'text', '\u0000\u2028"'),
    fc.array(tie('value'), { maxLength: 3 }),
    fc.dictionary(key, tie('value'), { maxKeys: 3, noNullPrototype: true }),
  ),
})).value
const object = fc.dictionary(key, value, { maxKeys: 4, noNullPrototype: true })
const path = fc.array(pathKey, { minLength: 1, maxLength: 4 }).map((keys) => keys.join('.'))
const delta: fc.Arbitrary<unknown> = fc.oneof(
  fc.record({ reset: object }),
  fc.record({
    commands: fc.array(
      fc.oneof(
        fc.record({ type: fc.constant('set'), path, value }),
        fc.record({ type: fc.constant('remove'), path }),
      ),
      { maxLength: 4 },
    ),
  }),
  fc.record(
    { added: object, updated: object, removed: fc.array(key, { maxLength: 3 }) },
    { requiredKeys: [] },
  ),
)

test('whoever applied the deltas as the real client does has what a late joiner is given', () => {
  const client = clientApply()
  fc.assert(
    fc.property(object, fc.array(delta, { maxLength: 12 }), (start, deltas) => {
      let ours: Data | null = start
      let weight = weigh(start)
      let theirs: unknown = structuredClone(start)
      for (const one of deltas) {
        try {
          const applied = applyDelta(ours, weight, readDelta(one), 1e6)
          ours = applied.data
          weight = applied.weight
        } catch {
          // Refused for all: nobody is told.
          continue
        }
        theirs = client(theirs, parse(JSON.stringify(one)))
        expect(weight).toBe(weigh(ours))
      }
      expect(parse(JSON.stringify(ours))).toEqual(parse(JSON.stringify(theirs)))
    }),
    { numRuns: 3000 },
  )
})

test('anything a client may send either applies or is refused as an error of ours, and leaves the old data alone', () => {
  fc.assert(
    fc.property(object, fc.oneof(fc.jsonValue(), fc.record({ commands: fc.jsonValue() })), (start, sent) => {
      const before = JSON.stringify(start)
      try {
        applyDelta(start, weigh(start), readDelta(sent), 5000)
      } catch (error) {
        expect((error as Error).name).toBe('InteropError')
      }
      expect(JSON.stringify(start)).toBe(before)
    }),
  )
})
