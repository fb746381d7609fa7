import { describe, expect, test } from 'vitest'
import type { ClientError } from '../src/errors.ts'
import { connect, reason } from './support/connect.ts'
import { ScriptedRelay } from './support/scripted-relay.ts'

const frame = { actor: 'room', actorId: 'lobby' }
const TOKEN = 's3cret-t0ken'

describe('final close codes', () => {
  test.each([4000, 4400, 4403, 4404, 4409, 4499])('%i ends the client', async (code) => {
    await using relay = await ScriptedRelay.start({ answers: false })
    const { client, statuses, errors } = connect({ url: relay.url })
    const peer = await relay.peers.next()
    expect(await statuses.next()).toBe('connected')
    const pending = reason(client.send(frame))
    await peer.frames.next()
    peer.close(code)
    expect(await errors.next()).toMatchObject({ code: 'closed_by_server', closeCode: code, retryable: false })
    expect(await statuses.next()).toBe('closed')
    expect(await pending).toMatchObject({
      code: 'closed',
      cause: { code: 'closed_by_server', closeCode: code },
    })
    await expect(client.send(frame)).rejects.toMatchObject({ code: 'closed' })
    expect(client.session).toBeNull()
    expect(relay.upgradeCount).toBe(1)
  })

  test('4401 gets one more try with a fresh token, and that may last', async () => {
    await using relay = await ScriptedRelay.start()
    let count = 0
    const { client, statuses } = connect({ url: relay.url, getToken: () => `token-${++count}` })
    const first = await relay.peers.next()
    expect(await statuses.next()).toBe('connected')
    first.close(4401)
    expect(await statuses.next()).toBe('reconnecting')
    const second = await relay.peers.next()
    expect(second.token).toBe('token-2')
    expect(await statuses.next()).toBe('connected')
    await client.send(frame)
    await client.close()
  })

  test('4401 twice in a row is final', async () => {
    await using relay = await ScriptedRelay.start()
    const { client, statuses, errors } = connect({ url: relay.url, getToken: () => TOKEN })
    ;(await relay.peers.next()).close(4401)
    expect(await errors.next()).toMatchObject({ code: 'unauthorized', closeCode: 4401 })
    ;(await relay.peers.next()).close(4401)
    expect(await errors.next()).toMatchObject({ code: 'unauthorized', closeCode: 4401 })
    while ((await statuses.next()) !== 'closed');
    expect(client.status).toBe('closed')
    expect(relay.upgradeCount).toBe(2)
  })

  test('4401 for a grant that was withdrawn is no word on the token, however often it comes', async () => {
    await using relay = await ScriptedRelay.start()
    let count = 0
    const { client, errors } = connect({ url: relay.url, getToken: () => `token-${++count}` })
    for (let round = 1; round <= 4; round += 1) {
      const peer = await relay.peers.next()
      expect(peer.token).toBe(`token-${round}`)
      peer.close(4401, 'grant_withdrawn')
      expect(await errors.next()).toMatchObject({ closeCode: 4401, retryable: true })
    }
    await relay.peers.next()
    expect(client.status).not.toBe('closed')
    await client.close()
  })

  test('4401 after a connection that was stable gets its own try', async () => {
    await using relay = await ScriptedRelay.start()
    const { client } = connect({ url: relay.url, stableAfterMs: 1, pingAfterMs: 40 })
    for (let count = 0; count < 3; count += 1) {
      const peer = await relay.peers.next()
      // A ping comes long after the connection has become stable.
      await peer.controls.next()
      peer.close(4401)
    }
    await relay.peers.next()
    expect(client.status).not.toBe('closed')
    await client.close()
  })
})

/** What the gateway answers, and a bit of malice. */
function body(code: string): string {
  return JSON.stringify({ statusCode: 0, error: 'x', code, message: `said ${TOKEN}` })
}

describe('a refused upgrade', () => {
  test.each([400, 403, 404, 426])('HTTP %i is final and reported', async (status) => {
    await using relay = await ScriptedRelay.start({ refuse: () => ({ status, body: body('some_code') }) })
    const { client, statuses, errors } = connect({ url: relay.url, getToken: () => TOKEN })
    const pending = reason(client.send(frame))
    await expect(client.ready).rejects.toMatchObject({ code: 'connect_refused', statusCode: status })
    expect(await errors.next()).toMatchObject({
      statusCode: status,
      serverCode: 'some_code',
      retryable: false,
    })
    expect(client.lastError?.message).toBe(
      `The server refused the connection (HTTP ${status}): said [redacted]`,
    )
    expect(await statuses.next()).toBe('closed')
    expect(await pending).toMatchObject({ code: 'closed' })
    expect(relay.upgradeCount).toBe(1)
  })

  test('HTTP 401 gets one more try with a fresh token', async () => {
    await using relay = await ScriptedRelay.start({
      refuse: (number) => (number === 1 ? { status: 401, body: body('token_expired') } : undefined),
    })
    let count = 0
    const { client, errors } = connect({ url: relay.url, getToken: () => `token-${++count}` })
    await client.ready
    expect(await errors.next()).toMatchObject({
      code: 'unauthorized',
      statusCode: 401,
      serverCode: 'token_expired',
    })
    expect((await relay.peers.next()).token).toBe('token-2')
    await client.close()
  })

  test('HTTP 401 twice is final', async () => {
    await using relay = await ScriptedRelay.start({ refuse: () => ({ status: 401 }) })
    const { client } = connect({ url: relay.url, getToken: () => TOKEN })
    await expect(client.ready).rejects.toMatchObject({ code: 'unauthorized', statusCode: 401 })
    expect(relay.upgradeCount).toBe(2)
  })

  test.each([
    ['a proxy page', { status: 503, body: '<html>busy</html>' }],
    ['an endless body', { status: 503, body: 'x'.repeat(100_000), endless: true }],
    ['JSON that is no object', { status: 503, body: 'null' }],
    ['nothing', { status: 503 }],
    ['a redirect', { status: 302, headers: { location: 'ws://example.com' } }],
    ['too many requests', { status: 429, headers: { 'retry-after': 'Wed, 21 Oct 2026 07:28:00 GMT' } }],
  ])('%s is tried again', async (_what, refusal) => {
    await using relay = await ScriptedRelay.start({ refuse: (number) => (number < 3 ? refusal : undefined) })
    const { client, errors } = connect({ url: relay.url })
    await client.ready
    expect(await errors.next()).toMatchObject({ code: 'connect_refused', statusCode: refusal.status })
    expect(relay.upgradeCount).toBe(3)
    await client.close()
  })

  test('Retry-After is kept to', async () => {
    await using relay = await ScriptedRelay.start({
      refuse: (number) => (number === 1 ? { status: 503, headers: { 'retry-after': '1' } } : undefined),
    })
    const startedAt = performance.now()
    const { client } = connect({ url: relay.url })
    await client.ready
    expect(performance.now() - startedAt).toBeGreaterThan(950)
    await client.close()
  })
})

describe('tokens', () => {
  test('one that cannot travel ends the client before any connection', async () => {
    await using relay = await ScriptedRelay.start()
    const { client, errors, statuses } = connect({ url: relay.url, getToken: () => `${TOKEN}/==` })
    await expect(client.ready).rejects.toMatchObject({ code: 'token_invalid' })
    expect(await errors.next()).toMatchObject({ code: 'token_invalid' })
    expect(await statuses.next()).toBe('closed')
    expect(relay.upgradeCount).toBe(0)
  })

  test('a getToken that fails is asked again', async () => {
    await using relay = await ScriptedRelay.start()
    let count = 0
    const getToken = async (): Promise<string> => {
      count += 1
      if (count < 3) throw new Error('login service is down')
      return TOKEN
    }
    const { client, errors } = connect({ url: relay.url, getToken })
    await client.ready
    expect(await errors.next()).toMatchObject({ code: 'token_failed', retryable: true })
    expect(errors.size).toBe(1)
    expect(relay.upgradeCount).toBe(1)
    await client.close()
  })

  test('no message of any error quotes it, whatever the server says', async () => {
    await using relay = await ScriptedRelay.start({ answers: false })
    const { client, errors } = connect({ url: `${relay.url}?token=${TOKEN}`, getToken: () => TOKEN })
    const send = reason(client.send(frame))
    const peer = await relay.peers.next()
    peer.nack(await peer.frames.next(), `bad ${TOKEN}`, false, `your ${TOKEN} is bad`)
    peer.send({ type: 'error', code: TOKEN, message: `Bearer ${TOKEN}` })
    peer.raw(TOKEN)
    const all = [await send, await errors.next(), await errors.next()]
    peer.close(4403)
    all.push(await errors.next(), client.lastError)
    for (const error of all as ClientError[]) {
      const { message, stack, serverCode } = error
      expect(JSON.stringify({ message, stack, serverCode })).not.toContain(TOKEN)
    }
  })
})
