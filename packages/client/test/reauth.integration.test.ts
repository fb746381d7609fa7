import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import type { ClientError } from '../src/errors.ts'
import type { ClientOptions } from '../src/options.ts'
import { connect, reason } from './support/connect.ts'
import { type Peer, ScriptedRelay, type ScriptedRelayOptions } from './support/scripted-relay.ts'

const frame = { actor: 'room', actorId: 'lobby' }
const MINUTE = 60_000

interface Started extends AsyncDisposable {
  relay: ScriptedRelay
  peer: Peer
  /** How often getToken was called. */
  asked: () => number
}

/** A client with a session. Its tokens are token-1, token-2 … unless told otherwise. */
async function start(
  options: Partial<ClientOptions> = {},
  relayOptions: ScriptedRelayOptions = {},
  random?: () => number,
): Promise<Started & ReturnType<typeof connect>> {
  const relay = await ScriptedRelay.start(relayOptions)
  let count = 0
  const { getToken = () => `token-${count}`, ...rest } = options
  const connected = connect(
    {
      url: relay.url,
      getToken: () => {
        count += 1
        return getToken()
      },
      ...rest,
    },
    random,
  )
  const peer = await relay.peers.next()
  await connected.client.ready
  return {
    ...connected,
    relay,
    peer,
    asked: () => count,
    async [Symbol.asyncDispose]() {
      await connected.client.close()
      await relay[Symbol.asyncDispose]()
    },
  }
}

/** The client has dealt with everything that was sent to it before. */
async function caughtUp(peer: Peer, client: ReturnType<typeof connect>['client']): Promise<void> {
  const arrived = new Promise<void>((resolve) => {
    const off = client.on('message', (message) => {
      if (message !== 'marker') return
      off()
      resolve()
    })
  })
  peer.message('marker')
  await arrived
  await new Promise((resolve) => setTimeout(resolve, 20))
}

describe('when the server asks for it', () => {
  test('a fresh token is sent, and nothing else happens', async () => {
    await using started = await start()
    const { client, peer, errors, statuses, relay, asked } = started
    expect(await statuses.next()).toBe('connected')
    const { sessionId } = peer
    for (const round of [2, 3, 4]) {
      peer.requireReauth(MINUTE)
      expect(await peer.controls.next()).toEqual({ type: 'reauth', token: `token-${round}` })
      peer.reauthenticated(Date.now() + 2 * MINUTE)
      await client.send(frame)
    }
    expect(client.session?.sessionId).toBe(sessionId)
    expect([errors.size, statuses.size, relay.upgradeCount, asked()]).toEqual([0, 0, 1, 4])
    expect(client.lastError).toBeNull()
  })

  test('frames in flight and in the queue are left alone', async () => {
    await using started = await start({}, { answers: false, welcome: { maxInFlightFrames: 2 } })
    const { client, peer } = started
    const sends = [1, 2, 3].map(async (n) => await client.send({ ...frame, n }))
    const first = await peer.frames.next()
    const second = await peer.frames.next()
    peer.requireReauth(MINUTE)
    await peer.controls.next()
    peer.reauthenticated()
    await caughtUp(peer, client)
    expect([client.pendingCount, peer.frames.size]).toEqual([3, 0])
    peer.ack(first)
    peer.ack(second)
    const third = await peer.frames.next()
    expect([first, second, third].map(({ seq }) => seq as number)).toEqual([1, 2, 3])
    peer.ack(third)
    await Promise.all(sends)
  })

  test('a token is asked for and sent one at a time, however often the server asks', async () => {
    let give!: (token: string) => void
    const tokens = [
      () => 'first',
      async () =>
        await new Promise<string>((resolve) => {
          give = resolve
        }),
    ]
    await using started = await start({ getToken: () => tokens.shift()!() })
    const { client, peer, asked } = started
    for (let n = 0; n < 50; n += 1) peer.requireReauth(MINUTE)
    await caughtUp(peer, client)
    expect(asked()).toBe(2)
    give('second')
    expect(await peer.controls.next()).toEqual({ type: 'reauth', token: 'second' })
    for (let n = 0; n < 50; n += 1) peer.requireReauth(MINUTE)
    await caughtUp(peer, client)
    peer.reauthenticated()
    await caughtUp(peer, client)
    expect([asked(), peer.controls.size]).toEqual([2, 0])
  })

  test('an answer and the next question in one breath are both heard', async () => {
    await using started = await start()
    const { peer, errors } = started
    peer.requireReauth(MINUTE, 1000)
    for (let round = 2; round < 6; round += 1) {
      expect(await peer.controls.next()).toMatchObject({ token: `token-${round}` })
      peer.reauthenticated(1000 * round)
      peer.requireReauth(MINUTE, 1000 * round)
    }
    expect(await peer.controls.next()).toMatchObject({ token: 'token-6' })
    expect(errors.size).toBe(0)
  })
})

describe('a token that does not help', () => {
  test('is followed by another one while there is time', async () => {
    await using started = await start()
    const { client, peer, errors, statuses } = started
    expect(await statuses.next()).toBe('connected')
    peer.requireReauth(MINUTE)
    const codes = ['reauth_failed', 'reauth_unavailable', 'reauth_limited']
    for (const [n, code] of codes.entries()) {
      expect(await peer.controls.next()).toEqual({ type: 'reauth', token: `token-${n + 2}` })
      peer.send({ type: 'error', code, message: 'no', retryable: true })
      expect(await errors.next()).toMatchObject({
        code: 'reauth_failed',
        serverCode: code,
        message: `${code}: no`,
        retryable: true,
      })
    }
    expect(await peer.controls.next()).toMatchObject({ token: 'token-5' })
    peer.reauthenticated()
    await client.send(frame)
    expect([errors.size, statuses.size]).toEqual([0, 0])
  })

  test('waits grow at random between the tries', async () => {
    const random = vi.fn(() => 0)
    await using started = await start({}, {}, random)
    const { peer, errors } = started
    peer.requireReauth(MINUTE)
    await peer.controls.next()
    for (let tries = 1; tries <= 3; tries += 1) {
      peer.send({ type: 'error', code: 'reauth_failed', message: '' })
      await errors.next()
      await peer.controls.next()
      expect(random).toHaveBeenCalledTimes(tries)
    }
  })

  test('is not followed by one when the next would come after the end', async () => {
    await using started = await start({ reconnectBaseMs: 10_000 }, {}, () => 0.9)
    const { client, peer, errors, asked } = started
    peer.requireReauth(5000)
    await peer.controls.next()
    peer.send({ type: 'error', code: 'reauth_failed', message: 'no' })
    await errors.next()
    await caughtUp(peer, client)
    expect([asked(), peer.controls.size]).toEqual([2, 0])
    // The next question starts over.
    peer.requireReauth(5000, Date.now() + MINUTE)
    expect(await peer.controls.next()).toMatchObject({ token: 'token-3' })
  })

  test('that expires no later than the one before is reported and tried again', async () => {
    await using started = await start({ getToken: () => 'cached' })
    const { peer, errors } = started
    peer.requireReauth(MINUTE, 5000)
    expect(await peer.controls.next()).toEqual({ type: 'reauth', token: 'cached' })
    peer.reauthenticated(5000)
    expect(await errors.next()).toMatchObject({
      code: 'reauth_failed',
      message: 'The new token expires no later than the one before',
    })
    expect(await peer.controls.next()).toEqual({ type: 'reauth', token: 'cached' })
    peer.reauthenticated(5001)
    expect(errors.size).toBe(0)
  })

  test('is not waited for without end', async () => {
    await using started = await start({ connectTimeoutMs: 50 })
    const { peer, errors } = started
    peer.requireReauth(MINUTE)
    await peer.controls.next()
    expect(await errors.next()).toMatchObject({
      code: 'reauth_failed',
      message: 'No answer to the new token in 50 ms',
    })
    await peer.controls.next()
  })

  test('when getToken fails is asked for again', async () => {
    let count = 0
    const getToken = async (): Promise<string> => {
      count += 1
      if (count === 2) throw new Error('login service is down')
      return `token-${count}`
    }
    await using started = await start({ getToken })
    const { peer, errors } = started
    peer.requireReauth(MINUTE)
    expect(await errors.next()).toMatchObject({
      code: 'reauth_failed',
      message: 'getToken failed',
      retryable: true,
      cause: { code: 'token_failed' },
    })
    expect(await peer.controls.next()).toEqual({ type: 'reauth', token: 'token-3' })
  })

  test('when getToken takes too long is asked for again', async () => {
    let count = 0
    const getToken = async (): Promise<string> => {
      count += 1
      return count === 2 ? await new Promise<never>(() => {}) : `token-${count}`
    }
    await using started = await start({ getToken, tokenTimeoutMs: 50 })
    const { peer, errors } = started
    peer.requireReauth(MINUTE)
    expect(await errors.next()).toMatchObject({ code: 'reauth_failed', cause: { code: 'token_failed' } })
    expect(await peer.controls.next()).toEqual({ type: 'reauth', token: 'token-3' })
  })

  test.each<[string, unknown, string | undefined]>([
    ['null', null, undefined],
    ['undefined', undefined, undefined],
    ['empty', '', undefined],
    ['with illegal characters', 's3cret/+==', 'token_invalid'],
    ['a number', 7, 'token_invalid'],
  ])('because it is %s leaves the session until the server ends it', async (_what, token, causeCode) => {
    let isFirst = true
    const getToken = (): string => {
      const given = isFirst ? 'first' : (token as string)
      isFirst = false
      return given
    }
    await using started = await start({ getToken })
    const { client, peer, errors, asked } = started
    peer.requireReauth(MINUTE)
    const error = (await errors.next()) as ClientError & { cause?: { code: string } }
    expect(error).toMatchObject({ code: 'reauth_failed', retryable: false })
    expect(error.cause?.code).toBe(causeCode)
    expect(error.message).not.toContain('s3cret')
    await client.send(frame)
    expect([client.status, asked(), peer.controls.size]).toEqual(['connected', 2, 0])
  })

  test('because it is longer than a frame may be is not sent', async () => {
    let count = 0
    const getToken = (): string => 'x'.repeat((count += 1) * 90)
    await using started = await start({ getToken }, { welcome: { maxPayloadBytes: 150 } })
    const { client, peer, errors } = started
    peer.requireReauth(MINUTE)
    expect(await errors.next()).toMatchObject({ code: 'reauth_failed', retryable: false })
    await client.send(frame)
    expect(peer.controls.size).toBe(0)
  })
})

describe('the end of a session', () => {
  test('with 4401 is followed by a connection with a fresh token', async () => {
    await using started = await start()
    const { client, peer, relay, errors, statuses } = started
    expect(await statuses.next()).toBe('connected')
    peer.send({ type: 'error', code: 'token_expired', message: 'the token has expired' })
    peer.close(4401, 'token_expired')
    expect(await errors.next()).toMatchObject({ code: 'server_error', serverCode: 'token_expired' })
    expect(await errors.next()).toMatchObject({ code: 'unauthorized', closeCode: 4401 })
    expect(await statuses.next()).toBe('reconnecting')
    expect((await relay.peers.next()).token).toBe('token-2')
    expect(await statuses.next()).toBe('connected')
    await client.send(frame)
  })

  test('with 4401 for a revoked token, twice, is final', async () => {
    await using started = await start()
    const { client, peer, relay, statuses } = started
    const send = reason(client.send(frame))
    await send
    peer.close(4401, 'token_revoked')
    ;(await relay.peers.next()).close(4401, 'token_revoked')
    while ((await statuses.next()) !== 'closed');
    expect(client.lastError).toMatchObject({ code: 'unauthorized', closeCode: 4401 })
    expect(relay.upgradeCount).toBe(2)
  })

  test('with 4403 is final', async () => {
    await using started = await start()
    const { client, peer, relay, errors, statuses } = started
    peer.requireReauth(MINUTE)
    await peer.controls.next()
    peer.send({ type: 'error', code: 'reauth_mismatch', message: 'another user' })
    peer.close(4403, 'reauth_mismatch')
    expect(await errors.next()).toMatchObject({ code: 'server_error', serverCode: 'reauth_mismatch' })
    expect(await errors.next()).toMatchObject({ code: 'closed_by_server', closeCode: 4403 })
    while ((await statuses.next()) !== 'closed');
    expect([client.status, relay.upgradeCount]).toEqual(['closed', 1])
  })

  test('while a token is fetched keeps that token from the next session', async () => {
    let give!: (token: string) => void
    const tokens = [
      () => 'first',
      async () =>
        await new Promise<string>((resolve) => {
          give = resolve
        }),
      () => 'third',
    ]
    await using started = await start({ getToken: () => tokens.shift()!() })
    const { client, peer, relay } = started
    peer.requireReauth(MINUTE)
    await caughtUp(peer, client)
    peer.cut()
    const second = await relay.peers.next()
    expect(second.token).toBe('third')
    give('late')
    await caughtUp(second, client)
    expect(second.controls.size).toBe(0)
  })

  test('while a token is fetched ends the wait for it: what comes of it is nobody’s concern', async () => {
    let fail!: (error: Error) => void
    const tokens = [
      () => 'first',
      async () =>
        await new Promise<string>((_resolve, reject) => {
          fail = reject
        }),
      () => 'third',
    ]
    await using started = await start({ getToken: () => tokens.shift()!() })
    const { client, peer, relay, errors } = started
    peer.requireReauth(MINUTE)
    await caughtUp(peer, client)
    peer.cut()
    const second = await relay.peers.next()
    expect(await errors.next()).toMatchObject({ code: 'connection_lost' })
    fail(new Error('too late'))
    await caughtUp(second, client)
    expect(errors.size).toBe(0)
  })
})

describe('a server out of its mind', () => {
  test.each([0, 1, 1e12, Number.MAX_VALUE])(
    'that asks again after every answer, with %d ms left, gets ten tokens a minute',
    async (remainingMs) => {
      await using started = await start()
      const { client, peer, asked } = started
      let deadline = 1
      peer.requireReauth(remainingMs, deadline)
      for (let n = 0; n < 10; n += 1) {
        await peer.controls.next()
        deadline += 1
        peer.reauthenticated(deadline)
        for (let again = 0; again < 20; again += 1) peer.requireReauth(remainingMs, deadline)
      }
      await caughtUp(peer, client)
      for (let again = 0; again < 100; again += 1) peer.requireReauth(remainingMs, deadline)
      await caughtUp(peer, client)
      expect([asked(), peer.controls.size, client.status]).toEqual([11, 0, 'connected'])
    },
  )

  test('that refuses every token gets ten a minute as well', async () => {
    await using started = await start()
    const { client, peer, errors, asked } = started
    peer.requireReauth(2 * MINUTE)
    for (let n = 0; n < 10; n += 1) {
      await peer.controls.next()
      peer.send({ type: 'error', code: 'reauth_failed', message: 'no' })
      await errors.next()
    }
    await caughtUp(peer, client)
    expect([asked(), peer.controls.size]).toEqual([11, 0])
  })

  test('that answers what was not asked is not listened to', async () => {
    await using started = await start()
    const { client, peer, errors, asked } = started
    peer.reauthenticated()
    peer.reauthenticated(5)
    await client.send(frame)
    expect([errors.size, asked()]).toEqual([0, 1])
    peer.send({ type: 'error', code: 'reauth_failed', message: 'what?' })
    expect(await errors.next()).toMatchObject({ code: 'server_error', serverCode: 'reauth_failed' })
  })

  test.each([{}, { deadline: 5 }, { deadline: 'soon', remainingMs: 1 }, { deadline: 5, remainingMs: -1 }])(
    'that asks with %j breaks the protocol',
    async (members) => {
      await using started = await start()
      const { peer, errors, asked } = started
      peer.send({ type: 'reauth_required', ...members })
      expect(await errors.next()).toMatchObject({ code: 'invalid_frame' })
      expect(asked()).toBe(1)
    },
  )

  test('that quotes the new token, or the old one, is quoted without them', async () => {
    await using started = await start()
    const { client, peer, errors } = started
    peer.requireReauth(MINUTE)
    await peer.controls.next()
    const message = 'token-1 and token-2'
    peer.send({ type: 'error', code: 'reauth_failed', message })
    peer.send({ type: 'error', code: 'token-2', message })
    const all = [await errors.next(), await errors.next()]
    for (const { message: text, stack, serverCode } of all) {
      expect(JSON.stringify([text, stack, serverCode])).not.toMatch(/token-[12]/)
    }
    expect(client.lastError?.message).toContain('[redacted]')
  })
})

describe('no timer is left', () => {
  beforeEach(() => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] })
  })
  afterEach(() => {
    vi.useRealTimers()
  })

  test('after closing while a token is fetched', async () => {
    let fetching!: () => void
    const isFetching = new Promise<void>((resolve) => {
      fetching = resolve
    })
    const tokens = [
      () => 'first',
      async () => {
        fetching()
        return await new Promise<string>(() => {})
      },
    ]
    await using started = await start({ getToken: () => tokens.shift()!() })
    const { client, peer } = started
    peer.requireReauth(MINUTE)
    await isFetching
    await client.close()
    await peer.closed
    expect(vi.getTimerCount()).toBe(0)
  })

  test('after closing while the server decides', async () => {
    await using started = await start()
    const { client, peer } = started
    peer.requireReauth(MINUTE)
    await peer.controls.next()
    await client.close()
    await peer.closed
    expect(vi.getTimerCount()).toBe(0)
  })

  test('after closing between two tries', async () => {
    await using started = await start({}, {}, () => 0.5)
    const { client, peer, errors } = started
    peer.requireReauth(MINUTE)
    await peer.controls.next()
    peer.send({ type: 'error', code: 'reauth_failed', message: 'no' })
    await errors.next()
    await client.close()
    await peer.closed
    expect(vi.getTimerCount()).toBe(0)
  })

  test('after a listener of the failure closes', async () => {
    await using started = await start()
    const { client, peer } = started
    const closed = new Promise<void>((resolve) => {
      client.on('error', () => void client.close().then(resolve))
    })
    peer.requireReauth(MINUTE)
    await peer.controls.next()
    peer.send({ type: 'error', code: 'reauth_failed', message: 'no' })
    await closed
    await peer.closed
    expect([vi.getTimerCount(), peer.controls.size]).toEqual([0, 0])
  })
})
