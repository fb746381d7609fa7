import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { createClient } from '../src/index.ts'
import { connect, reason } from './support/connect.ts'
import { ScriptedRelay } from './support/scripted-relay.ts'

const frame = { actor: 'room', actorId: 'lobby' }

describe('close', () => {
  test('says goodbye, rejects what is pending and is idempotent', async () => {
    await using relay = await ScriptedRelay.start({ answers: false })
    const { client, statuses } = connect({ url: relay.url })
    const peer = await relay.peers.next()
    await client.ready
    const pending = reason(client.send(frame))
    const closing = client.close()
    expect(client.status).toBe('closed')
    expect(client.close()).toBe(closing)
    await closing
    expect(await pending).toMatchObject({ code: 'closed', retryable: false })
    expect(await peer.closed).toBe(1000)
    expect([await statuses.next(), await statuses.next(), statuses.size]).toEqual(['connected', 'closed', 0])
    await expect(client.send(frame)).rejects.toMatchObject({ code: 'closed' })
  })

  test('right after creation opens nothing', async () => {
    await using relay = await ScriptedRelay.start()
    const client = createClient({ url: relay.url })
    await client.close()
    await expect(client.ready).rejects.toMatchObject({ code: 'closed' })
    expect(relay.upgradeCount).toBe(0)
  })

  test('while the token is fetched opens nothing', async () => {
    await using relay = await ScriptedRelay.start()
    let give!: (token: string) => void
    const asked = new Promise<void>((resolve) => {
      const client = createClient({
        url: relay.url,
        getToken: async () =>
          await new Promise<string>((resolveToken) => {
            give = resolveToken
            void client.close().then(resolve)
          }),
      })
    })
    await asked
    give('late')
    await new Promise(setImmediate)
    expect(relay.upgradeCount).toBe(0)
  })

  test('while connecting ends the attempt', async () => {
    await using relay = await ScriptedRelay.start({ welcome: false })
    const { client, errors } = connect({ url: relay.url })
    const peer = await relay.peers.next()
    await client.close()
    await peer.closed
    expect(errors.size).toBe(0)
  })

  test('from a listener works', async () => {
    await using relay = await ScriptedRelay.start()
    const { client } = connect({ url: relay.url })
    const done = new Promise<void>((resolve) => {
      client.on('error', () => void client.close().then(resolve))
    })
    ;(await relay.peers.next()).cut()
    await done
    expect(client.status).toBe('closed')
    expect(relay.upgradeCount).toBe(1)
  })

  test('does not wait for a server that does not answer', async () => {
    await using relay = await ScriptedRelay.start()
    const { client } = connect({ url: relay.url })
    const peer = await relay.peers.next()
    await client.ready
    peer.pause()
    const startedAt = performance.now()
    await client.close()
    expect(performance.now() - startedAt).toBeLessThan(5000)
    peer.cut()
  })
})

describe('no timer is left', () => {
  beforeEach(() => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] })
  })
  afterEach(() => {
    vi.useRealTimers()
  })

  test('after closing a connection with frames in flight', async () => {
    await using relay = await ScriptedRelay.start({ answers: false })
    const { client } = connect({ url: relay.url })
    const peer = await relay.peers.next()
    await client.ready
    const pending = reason(client.send(frame))
    await peer.frames.next()
    expect(vi.getTimerCount()).toBeGreaterThan(0)
    await client.close()
    await pending
    await peer.closed
    expect(vi.getTimerCount()).toBe(0)
  })

  test('after closing while waiting for the next attempt', async () => {
    await using relay = await ScriptedRelay.start()
    const { client, errors } = connect({ url: relay.url }, () => 0.5)
    const peer = await relay.peers.next()
    await client.ready
    peer.cut()
    await errors.next()
    expect(vi.getTimerCount()).toBe(1)
    await client.close()
    expect(vi.getTimerCount()).toBe(0)
  })

  test('after a server ended it', async () => {
    await using relay = await ScriptedRelay.start()
    const { client, errors } = connect({ url: relay.url })
    const peer = await relay.peers.next()
    await client.ready
    peer.close(4403)
    await errors.next()
    await client.close()
    await peer.closed
    expect(vi.getTimerCount()).toBe(0)
  })
})

describe('drain', () => {
  test('waits for the answers, takes nothing new and then closes', async () => {
    await using relay = await ScriptedRelay.start({ answers: false })
    const { client } = connect({ url: relay.url })
    const send = client.send(frame)
    const drained = client.drain()
    await expect(client.send(frame)).rejects.toMatchObject({ code: 'closed' })
    const peer = await relay.peers.next()
    const received = await peer.frames.next()
    expect(client.status).toBe('connected')
    peer.ack(received)
    await send
    await drained
    expect(client.status).toBe('closed')
  })

  test('is what `await using` does', async () => {
    await using relay = await ScriptedRelay.start()
    let send: Promise<unknown>
    {
      await using client = createClient({ url: relay.url })
      send = client.send(frame)
    }
    await expect(send).resolves.toMatchObject({ duplicate: false })
  })
})

test('a process ends by itself once its client is closed, and not before', async () => {
  await using relay = await ScriptedRelay.start({
    refuse: (number) => (number < 3 ? { status: 503 } : undefined),
  })
  const source = new URL('../src/index.ts', import.meta.url).href
  const script = `
    import { createClient } from ${JSON.stringify(source)}
    const client = createClient({ url: process.argv[1], reconnectBaseMs: 50 })
    await client.send({ actor: 'room', actorId: 'lobby' })
    await client.close()
    console.log('sent')
  `
  const args = ['--import', 'tsx', '--input-type=module', '--eval', script, relay.url]
  const child = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'inherit'] })
  let output = ''
  child.stdout.on('data', (chunk: Buffer) => {
    output += chunk.toString()
  })
  const [code] = (await once(child, 'close')) as [number]
  expect({ code, output }).toEqual({ code: 0, output: 'sent\n' })
})
