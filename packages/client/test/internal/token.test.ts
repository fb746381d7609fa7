import { afterEach, expect, test, vi } from 'vitest'
import { fetchToken } from '../../src/internal/token.ts'
import { parseOptions, type ClientOptions } from '../../src/options.ts'

const fetch = async (getToken: ClientOptions['getToken']): Promise<string | null> =>
  await fetchToken(parseOptions({ url: 'ws://localhost', getToken }))

afterEach(() => {
  vi.useRealTimers()
})

test.each([null, undefined, ''])('%j means no token', async (none) => {
  expect(await fetch(() => none)).toBeNull()
  expect(await fetch(async () => none)).toBeNull()
})

test.each(['eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiJhIn0.x-_y', "a!#$%&'*+-.^_`|~9"])(
  '%s is taken',
  async (token) => {
    expect(await fetch(() => token)).toBe(token)
  },
)

test.each([
  'has space',
  'comma,comma',
  'line\r\nbreak',
  'slash/slash',
  'pad==',
  'quote"',
  'ünïcode',
  'x\u0000',
  'end\n',
  ' lead',
])('the token %j cannot travel and is not quoted', async (token) => {
  const error = await fetch(() => token).catch((reason: unknown) => reason)
  expect(error).toMatchObject({ code: 'token_invalid', retryable: false })
  expect(String(error)).not.toContain(token)
})

test.each([5, {}, true, ['a']])('%j is no token', async (value) => {
  await expect(fetch(() => value as never)).rejects.toMatchObject({ code: 'token_invalid' })
})

test('a getToken that throws or rejects is reported with its cause', async () => {
  const cause = new Error('offline')
  const thrower = (): never => {
    throw cause
  }
  await expect(fetch(thrower)).rejects.toMatchObject({ code: 'token_failed', retryable: true, cause })
  await expect(fetch(async () => thrower())).rejects.toMatchObject({ code: 'token_failed', cause })
})

test('a getToken that never answers is given up', async () => {
  vi.useFakeTimers()
  const result = fetch(async () => await new Promise(() => {})).catch((error: unknown) => error)
  await vi.advanceTimersByTimeAsync(10_000)
  expect(await result).toMatchObject({
    code: 'token_failed',
    message: 'getToken took longer than 10000 ms',
  })
  expect(vi.getTimerCount()).toBe(0)
})

test('nobody waits for a getToken once the wait is called off, and no timer is left', async () => {
  vi.useFakeTimers()
  const controller = new AbortController()
  const settings = parseOptions({ url: 'ws://localhost', getToken: async () => await new Promise(() => {}) })
  const result = fetchToken(settings, controller.signal).catch((error: unknown) => error)
  controller.abort()
  expect(await result).toMatchObject({ code: 'closed' })
  expect(vi.getTimerCount()).toBe(0)
})

test('nobody is asked when nobody waits any more, and the wait ends when getToken itself sees to that', async () => {
  const settings = (getToken: () => Promise<string>): ReturnType<typeof parseOptions> =>
    parseOptions({ url: 'ws://localhost', getToken })
  let asked = 0
  const counted = settings(async () => `token-${(asked += 1)}`)
  await expect(fetchToken(counted, AbortSignal.abort())).rejects.toMatchObject({ code: 'closed' })
  expect(asked).toBe(0)

  const stopped = new AbortController()
  const endless = settings(async () => {
    stopped.abort()
    return await new Promise(() => {})
  })
  await expect(fetchToken(endless, stopped.signal)).rejects.toMatchObject({ code: 'closed' })
})
