import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { WebSocket } from 'ws'
import { createClient } from '../src/browser.ts'
import { ScriptedRelay } from './support/scripted-relay.ts'

// `ws` has the interface of the browser's class. The real one is at work in the chat example's test.
beforeEach(() => {
  vi.stubGlobal('WebSocket', WebSocket)
})
afterEach(() => {
  vi.unstubAllGlobals()
})

test('it sends, receives, reconnects and closes', async () => {
  await using relay = await ScriptedRelay.start()
  const client = createClient<string>({ url: relay.url, getToken: () => 'abc', reconnectBaseMs: 1 })
  const message = new Promise((resolve) => {
    client.on('message', resolve)
  })
  const first = await relay.peers.next()
  expect(first.token).toBe('abc')
  first.cut()
  const second = await relay.peers.next()
  await client.send({ actor: 'room', actorId: 'lobby' })
  second.message('hello')
  expect(await message).toBe('hello')
  await client.close()
  expect(await second.closed).toBe(1000)
})

test('a refused upgrade looks like any other failure', async () => {
  await using relay = await ScriptedRelay.start({ refuse: (n) => (n === 1 ? { status: 403 } : undefined) })
  const client = createClient({ url: relay.url, reconnectBaseMs: 1 })
  await client.ready
  expect(client.lastError).toMatchObject({ code: 'connect_failed', statusCode: undefined })
  await client.close()
})

test('a binary frame is reported', async () => {
  await using relay = await ScriptedRelay.start()
  const client = createClient({ url: relay.url })
  const error = new Promise((resolve) => {
    client.on('error', resolve)
  })
  const peer = await relay.peers.next()
  peer.raw(Buffer.from([1, 2, 3]))
  expect(await error).toMatchObject({ code: 'invalid_frame' })
  await client.close()
})

test('what the platform throws does not carry the token out', async () => {
  vi.stubGlobal(
    'WebSocket',
    // A function, since `new` works on it and a class of a constructor alone is none.
    function (_url: string, protocols: string[]) {
      throw new SyntaxError(`The subprotocol '${protocols[1]}' is invalid.`)
    },
  )
  const client = createClient({ url: 'ws://127.0.0.1:1', getToken: () => 's3cret' })
  const error = await new Promise<Error>((resolve) => {
    client.on('error', resolve)
  })
  expect(error).toMatchObject({ code: 'connect_failed' })
  expect(String(error) + String(error.cause) + error.stack).not.toContain('s3cret')
  await client.close()
})

test('a platform without WebSocket is told so at once', () => {
  vi.stubGlobal('WebSocket', undefined)
  expect(() => createClient({ url: 'ws://localhost' })).toThrow('This platform has no WebSocket')
})
