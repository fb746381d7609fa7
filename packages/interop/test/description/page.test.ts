import fc from 'fast-check'
import { expect, test } from 'vitest'
import { type DescriptionPage, pageOf } from '../../src/description/page.ts'

type Entry = readonly [string, string]

const read = ([name]: Entry): string => name
const page = (entries: Iterable<Entry>, request = {}): DescriptionPage<string> =>
  pageOf(entries, (entry) => entry, read, request)

test('pages put together are everything, sorted, once', () => {
  const part = fc.string({ unit: fc.constantFrom('a', 'b', '\u{1F600}', '\uFFFF', '"'), maxLength: 3 })
  const entries = fc.uniqueArray(fc.tuple(part, part), {
    selector: (entry) => JSON.stringify(entry),
    maxLength: 25,
  })
  fc.assert(
    fc.property(entries, fc.integer({ min: 1, max: 5 }), (all, limit) => {
      const seen: string[] = []
      let after: string | undefined
      do {
        const { items, next } = page(all, { limit, after })
        expect(items.length).toBeLessThanOrEqual(limit)
        seen.push(...items)
        after = next ?? undefined
      } while (after !== undefined)
      const order = (one: Entry, other: Entry): number =>
        one[0] === other[0] ? (one[1] < other[1] ? -1 : 1) : one[0] < other[0] ? -1 : 1
      expect(seen).toEqual(all.toSorted(order).map(read))
    }),
    { numRuns: 50 },
  )
})

test('what stays is shown once, whatever comes and goes between two pages', () => {
  const first = page(
    [
      ['b', '1'],
      ['d', '1'],
      ['f', '1'],
      ['h', '1'],
    ],
    { limit: 2 },
  )
  expect(first.items).toEqual(['b', 'd'])
  const second = page(
    [
      ['a', '1'],
      ['e', '1'],
      ['f', '1'],
      ['h', '1'],
    ],
    { limit: 2, after: first.next },
  )
  expect(second.items).toEqual(['e', 'f'])
  expect(page([['h', '1']], { after: second.next })).toEqual({ items: ['h'], next: null })
})

test('a page that is just full says whether there is another one', () => {
  expect(
    page(
      [
        ['a', '1'],
        ['b', '1'],
      ],
      { limit: 2 },
    ).next,
  ).toBeNull()
  expect(
    page(
      [
        ['a', '1'],
        ['a', '2'],
        ['b', '1'],
      ],
      { limit: 2 },
    ).next,
  ).not.toBeNull()
  expect(page([])).toEqual({ items: [], next: null })
})

const cursor = (value: unknown): string => Buffer.from(JSON.stringify(value)).toString('base64url')

test.each<[string, unknown]>([
  ['no text', 7],
  ['no cursor', 'x'],
  ['nothing', ''],
  ['an object', cursor({ length: 1 })],
  ['an empty list', cursor([])],
  ['a list of something else', cursor([1])],
  ['spelled in another way', `${cursor(['a'])}=`],
  ['too long', cursor(['a'.repeat(10_000)])],
])('a cursor that is %s is refused', (_what, after) => {
  expect(() => page([], { after })).toThrow(new TypeError('"after" must be the "next" of an earlier page'))
})

test.each([0, 201, 1.5, Number.NaN, '10', null])('a limit of %s is refused', (limit) => {
  expect(() => page([], { limit })).toThrow('"limit" must be an integer from 1 to 200')
})
