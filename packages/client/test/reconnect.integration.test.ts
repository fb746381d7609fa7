import { describe, expect, test, vi } from 'vitest'
import { Backoff } from '../src/internal/backoff.ts'
import { connect } from './support/connect.ts'
import { ScriptedRelay } from './support/scripted-relay.ts'

const frame = { actor: 'room', actorId: 'lobby' }

describe('a lost connection', () => {
  test.each([1000, 1001, 1006, 1011, 1012, 1013, 4500, 4999])('after %i it connects again', async (code) => {
    await using relay = await ScriptedRelay.start()
    const { client, statuses, errors } = connect({ url: relay.url })
    const first = await relay.peers.next()
    expect(await statuses.next()).toBe('connected')
    if (code === 1006) first.cut()
    else first.close(code)
    expect(await statuses.next()).toBe('reconnecting')
    expect(await errors.next()).toMatchObject({ code: 'connection_lost', closeCode: code })
    expect(client.lastError?.closeCode).toBe(code)
    expect(await statuses.next()).toBe('connected')
    const second = await relay.peers.next()
    expect(client.session?.sessionId).toBe(second.sessionId)
    await client.close()
  })

  test('the token is asked for on every connect', async () => {
    await using relay = await ScriptedRelay.start()
    let count = 0
    const { client } = connect({ url: relay.url, getToken: () => `token-${++count}` })
    for (const expected of ['token-1', 'token-2', 'token-3']) {
      const peer = await relay.peers.next()
      expect(peer.token).toBe(expected)
      peer.cut()
    }
    await client.close()
  })

  test('unacknowledged frames are sent again, in order and with their ids, before newer ones', async () => {
    await using relay = await ScriptedRelay.start({ answers: false })
    const { client } = connect({ url: relay.url })
    const sends = [1, 2, 3].map(async (n) => await client.send({ ...frame, n }))
    const first = await relay.peers.next()
    const sent = [await first.frames.next(), await first.frames.next(), await first.frames.next()]
    first.ack(sent[0]!)
    await sends[0]
    first.cut()
    sends.push(client.send({ ...frame, n: 4 }))
    const second = await relay.peers.next()
    const again = [await second.frames.next(), await second.frames.next(), await second.frames.next()]
    expect(again.map(({ n }) => n as number)).toEqual([2, 3, 4])
    expect(again.slice(0, 2).map(({ id }) => id as string)).toEqual([sent[1]!['id'], sent[2]!['id']])
    expect(again.map(({ seq }) => seq as number)).toEqual([1, 2, 3])
    for (const each of again) second.ack(each)
    await Promise.all(sends)
    await client.close()
  })

  test('frames sent before the first connection wait for it', async () => {
    const { port } = await freePort()
    const { client, errors } = connect({ url: `ws://127.0.0.1:${port}` })
    const send = client.send(frame)
    expect(await errors.next()).toMatchObject({ code: 'connect_failed', retryable: true })
    expect(client.status).toBe('connecting')
    await using relay = await ScriptedRelay.start({ port })
    await send
    expect(relay.upgradeCount).toBe(1)
    await client.close()
  })

  test('the queue is bounded while there is no connection', async () => {
    const { port } = await freePort()
    const { client } = connect({ url: `ws://127.0.0.1:${port}`, maxQueueCount: 2 }, () => 0.99)
    const kept = [client.send(frame), client.send(frame)].map(async (send) => {
      await expect(send).rejects.toMatchObject({ code: 'closed' })
    })
    await expect(client.send(frame)).rejects.toMatchObject({ code: 'queue_full', retryable: true })
    await client.close()
    await Promise.all(kept)
  })
})

describe('the heartbeat', () => {
  test('drops a connection that is open in name only', async () => {
    await using relay = await ScriptedRelay.start()
    const { client, errors } = connect({ url: relay.url, pingAfterMs: 20, pongTimeoutMs: 20 })
    const first = await relay.peers.next()
    expect(await first.controls.next()).toEqual({ type: 'ping' })
    first.freeze()
    expect(await errors.next()).toMatchObject({ code: 'heartbeat_timeout', retryable: true })
    await relay.peers.next()
    expect(await first.closed).toBe(1006)
    await client.close()
  })

  test('keeps one that answers', async () => {
    await using relay = await ScriptedRelay.start()
    const { client, errors } = connect({ url: relay.url, pingAfterMs: 10, pongTimeoutMs: 1000 })
    const peer = await relay.peers.next()
    for (let count = 0; count < 3; count += 1) expect(await peer.controls.next()).toEqual({ type: 'ping' })
    expect(errors.size).toBe(0)
    await client.close()
  })
})

test('a server that never welcomes is given up and tried again', async () => {
  await using relay = await ScriptedRelay.start({ welcome: false })
  const { client, errors } = connect({ url: relay.url, connectTimeoutMs: 500 })
  const peer = await relay.peers.next()
  // Frames before the welcome do not count.
  peer.message('early')
  expect(await errors.next()).toMatchObject({ code: 'invalid_frame' })
  expect(await errors.next()).toMatchObject({ code: 'connect_timeout', retryable: true })
  await relay.peers.next()
  expect(client.status).toBe('connecting')
  await client.close()
})

test('every wait before a reconnect is drawn at random', async () => {
  await using relay = await ScriptedRelay.start()
  const random = vi.fn(() => 0)
  const { client, errors } = connect({ url: relay.url }, random)
  for (let count = 1; count <= 3; count += 1) {
    ;(await relay.peers.next()).cut()
    await errors.next()
    expect(random).toHaveBeenCalledTimes(count)
  }
  await client.close()
})

test('the backoff starts over after a connection that lasted, and only then', async () => {
  await using relay = await ScriptedRelay.start()
  const reset = vi.spyOn(Backoff.prototype, 'reset')
  const { client, errors } = connect({ url: relay.url, stableAfterMs: 30, pingAfterMs: 60 })
  ;(await relay.peers.next()).cut()
  await errors.next()
  expect(reset).not.toHaveBeenCalled()
  // The ping comes after the connection has become stable.
  await (await relay.peers.next()).controls.next()
  expect(reset).toHaveBeenCalledTimes(1)
  await client.close()
})

/** A port that nobody listens on now. */
async function freePort(): Promise<{ port: number }> {
  await using relay = await ScriptedRelay.start()
  return { port: relay.port }
}
