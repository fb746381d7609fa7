import { once } from 'node:events'
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import { WebSocket } from 'ws'
import { oidcMiddleware } from '../../src/socket.io/index.ts'
import { startIssuer, type TestIssuer } from '../support/issuer.ts'
import { connectTo, next, outcome, startServer, type TestServer, verifierOf } from './support.ts'
import { eventually } from '../support/eventually.ts'

let issuer: TestIssuer
beforeAll(async () => {
  issuer = await startIssuer()
})
afterAll(async () => issuer[Symbol.asyncDispose]())

const seen = vi.fn()

async function guarded(): Promise<TestServer> {
  seen.mockClear()
  return startServer((io) => {
    io.use((_socket, go) => {
      seen()
      go()
    })
    io.use(oidcMiddleware({ verifier: verifierOf(issuer) }))
  })
}

/** The packet of Socket.IO that comes back for `packet`, none when the connection is closed instead. */
async function sent(url: string, packet: string): Promise<{ answers: string[]; isClosed: boolean }> {
  const socket = new WebSocket(`${url.replace('http:', 'ws:')}/socket.io/?EIO=4&transport=websocket`)
  const answers: string[] = []
  return new Promise((resolve, reject) => {
    socket.on('error', reject)
    socket.on('close', () => resolve({ answers, isClosed: true }))
    socket.on('message', (data) => {
      const text = (data as Buffer).toString('utf8')
      if (text.startsWith('0')) socket.send(packet)
      if (!text.startsWith('4')) return
      answers.push(text)
      socket.terminate()
      resolve({ answers, isClosed: false })
    })
  })
}

describe('a handshake whose `auth` is no object breaks the protocol of Socket.IO', () => {
  it.each([
    '"a token"',
    '""',
    '[]',
    '["a token"]',
    '[{"token":"x"}]',
    'true',
    'false',
    'null',
    '{',
    '{"token":',
    'x',
  ])('the packet 40%s ends the connection before any middleware is asked', async (payload) => {
    await using server = await guarded()
    expect(await sent(server.url, `40${payload}`)).toEqual({ answers: [], isClosed: true })
    expect(seen).not.toHaveBeenCalled()
    expect(await outcome(server.client(await issuer.token()))).toEqual({ message: 'connected' })
  })

  it.each(['', '{}', '{"token":null}', '{"__proto__":{"token":"x"}}', '5'])(
    'the packet 40%s is a handshake without token',
    async (payload) => {
      await using server = await guarded()
      const { answers } = await sent(server.url, `40${payload}`)
      expect(answers).toHaveLength(1)
      expect(JSON.parse((answers[0] as string).slice(2))).toEqual({
        message: 'ERR_AUTH_TOKEN_REQUIRED',
        data: { code: 'ERR_AUTH_TOKEN_REQUIRED' },
      })
    },
  )

  it.each([['websocket'], ['polling']])(
    'the client of Socket.IO hears `disconnect` over %s',
    async (transport) => {
      await using server = await guarded()
      for (const auth of ['a token', ['a token'], true]) {
        const client = connectTo(server.url, { auth: auth as never, transports: [transport] })
        const events: string[] = []
        client
          .on('connect', () => events.push('connect'))
          .on('connect_error', () => events.push('connect_error'))
        await next(client, 'disconnect')
        expect(events).toEqual([])
        expect(client.connected).toBe(false)
      }
      expect(seen).not.toHaveBeenCalled()
    },
  )

  it('what the client of Socket.IO does not send as `auth` is no token: the client is told that one is required', async () => {
    await using server = await guarded()
    for (const auth of [null, '', 0, 5]) {
      const client = connectTo(server.url, { auth: auth as never })
      expect((await outcome(client)).message).toBe('ERR_AUTH_TOKEN_REQUIRED')
      client.disconnect()
    }
  })

  it('takes the sockets of the same connection with it, and their registrations', async () => {
    const calls: string[] = []
    const session = {
      registerSocket: () => void calls.push('in'),
      unregisterSocket: () => void calls.push('out'),
    }
    await using server = await startServer((io) => {
      for (const name of ['/', '/other'])
        io.of(name).use(oidcMiddleware({ verifier: verifierOf(issuer), session }))
    })
    const client = server.client(await issuer.token())
    await outcome(client)
    const other = client.io.socket('/other', { auth: 'a token' as never })
    const gone = once(client as never, 'disconnect')
    other.connect()
    await gone
    await eventually(() => expect(calls).toEqual(['in', 'out']))
    expect(server.io.engine.clientsCount).toBe(0)
  })
})
