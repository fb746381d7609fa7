import { describe, expect, test } from 'vitest'
import { parseOptions } from '../src/options.ts'

const url = 'ws://localhost:4000/ws'

test('defaults are what they were', () => {
  const { getToken, ...settings } = parseOptions({ url })
  expect(settings).toEqual({
    url,
    tokenTimeoutMs: 10_000,
    connectTimeoutMs: 10_000,
    sendTimeoutMs: 60_000,
    reconnectBaseMs: 250,
    reconnectCapMs: 30_000,
    stableAfterMs: 5_000,
    pingAfterMs: 25_000,
    pongTimeoutMs: 8_000,
    maxQueueCount: 1_000,
    maxQueueBytes: 4_194_304,
  })
  expect(getToken()).toBeNull()
})

test.each([
  ['https://example.com/ws', 'wss://example.com/ws'],
  ['http://example.com', 'ws://example.com/'],
  [new URL('wss://example.com/ws?x=1#part'), 'wss://example.com/ws?x=1'],
])('%s becomes %s', (given, expected) => {
  expect(parseOptions({ url: given }).url).toBe(expected)
})

test.each(['', 'nonsense', '/ws', 'ftp://example.com', 'ws://user:secret@example.com', 'data:,x'])(
  'the url %j is refused by name and without being quoted',
  (bad) => {
    const attempt = (): unknown => parseOptions({ url: bad })
    expect(attempt).toThrow(TypeError)
    expect(attempt).toThrow(/^"url" option/)
    expect(attempt).not.toThrow(/secret/)
  },
)

describe('numbers', () => {
  const names = Object.keys(parseOptions({ url })).filter((name) => name !== 'url' && name !== 'getToken')
  test.each(names)('%s must be a positive integer that a timer can take', (name) => {
    for (const bad of [0, -1, 1.5, Number.NaN, Infinity, 2 ** 31, '5']) {
      expect(() => parseOptions({ url, [name]: bad })).toThrow(`"${name}" option`)
    }
  })
})

test('contradictions are refused', () => {
  expect(() => parseOptions({ url, reconnectBaseMs: 1000, reconnectCapMs: 999 })).toThrow('"reconnectCapMs"')
  expect(() => parseOptions({ url, getToken: 'abc' as never })).toThrow('"getToken"')
})
