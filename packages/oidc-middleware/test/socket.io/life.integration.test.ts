import type { Socket } from 'socket.io'
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest'
import { WebSocket } from 'ws'
import type { OidcVerifier } from '../../src/index.ts'
import {
  oidcMiddleware,
  type OidcMiddlewareOptions,
  requireRole,
  sessionOf,
} from '../../src/socket.io/index.ts'
import { startIssuer, type TestIssuer } from '../support/issuer.ts'
import { expiresIn, next, outcome, startServer, type TestServer, verifierOf } from './support.ts'
import { eventually } from '../support/eventually.ts'

let issuer: TestIssuer
let verifier: OidcVerifier
beforeAll(async () => {
  issuer = await startIssuer()
  verifier = verifierOf(issuer)
})
afterAll(async () => issuer[Symbol.asyncDispose]())
afterEach(() => {
  vi.restoreAllMocks()
})

interface Chat extends TestServer {
  /** Events that the application got to see. */
  readonly seen: string[]
  readonly sockets: Socket[]
}

/** A server whose application says everything back. */
async function chat(options: Partial<OidcMiddlewareOptions> = {}, guardRole?: string): Promise<Chat> {
  const seen: string[] = []
  const sockets: Socket[] = []
  const server = await startServer((io) => {
    io.use(oidcMiddleware({ verifier, ...options }))
    if (guardRole !== undefined) io.use(requireRole(guardRole))
    io.on('connection', (socket) => {
      sockets.push(socket)
      socket.on('say', (text: string, ack?: (text: string) => void) => {
        seen.push(text)
        ack?.(text)
      })
      socket.on('reauth', () => seen.push('reauth'))
    })
  })
  return { ...server, seen, sockets }
}

/** Less than 45 s, after which the client misses its pings. */
function setForward(ms: number): void {
  const now = Date.now()
  vi.spyOn(Date, 'now').mockImplementation(() => now + ms)
}

describe.each([['websocket'], ['polling']])('the end of a token over %s', (transport) => {
  it('ends the socket, which is told why', async () => {
    await using server = await chat()
    const client = server.client(await issuer.token(expiresIn(2)), { transports: [transport] })
    const told = next(client, 'token_expired')
    const asked = next(client, 'reauth_required')
    const gone = next(client, 'disconnect')
    expect(await outcome(client)).toEqual({ message: 'connected' })
    expect(await asked).toEqual([{ deadline: expect.any(Number), remainingMs: expect.any(Number) }])
    expect(await told).toEqual([{ closeCode: 4401 }])
    expect((await gone)[0]).toBe('io server disconnect')
    expect(server.io.sockets.sockets.size).toBe(0)
  })
})

describe('the end of a token', () => {
  it('ends a socket at once whose token was accepted for the tolerance alone', async () => {
    await using server = await chat()
    const client = server.client(await issuer.token(expiresIn(-2)))
    const gone = next(client, 'disconnect')
    await outcome(client)
    await gone
    expect(server.seen).toEqual([])
  })

  it('no event reaches the application after it, also when no timer has noticed yet', async () => {
    await using server = await chat()
    const client = server.client(await issuer.token(expiresIn(20)))
    await outcome(client)
    expect(await client.emitWithAck('say', 'before')).toBe('before')
    const told = next(client, 'token_expired')
    setForward(21_000)
    client.emit('say', 'after', () => undefined)
    client.emit('say', 'and again', () => undefined)
    await told
    expect(server.seen).toEqual(['before'])
  })
})

describe('reauth', () => {
  it('prolongs the socket and takes over what the new token says', async () => {
    await using server = await chat()
    const client = server.client(await issuer.token({ ...expiresIn(20), roles: ['old'] }))
    await outcome(client)
    const told = next(client, 'reauthenticated')
    const longer = expiresIn(600)
    const answer: unknown = await client.emitWithAck(
      'reauth',
      await issuer.token({ ...longer, roles: ['new'] }),
    )
    expect(answer).toEqual({ ok: true, deadline: longer.exp * 1000 })
    expect(await told).toEqual([{ deadline: longer.exp * 1000 }])
    expect(server.sockets[0]).toMatchObject({ userRole: 'new', roles: ['new'] })
    expect(server.sockets[0]?.data).toMatchObject({ userRole: 'new' })
    expect(server.seen).toEqual([])
    setForward(21_000)
    expect(await client.emitWithAck('say', 'still here')).toBe('still here')
  })

  it('takes the token as an object, and does without acknowledgement', async () => {
    await using server = await chat()
    const client = server.client(await issuer.token())
    await outcome(client)
    const told = next(client, 'reauthenticated')
    client.emit('reauth', { token: await issuer.token(expiresIn(900)) })
    await told
  })

  it('refuses garbage and leaves the socket as it was', async () => {
    await using server = await chat()
    const client = server.client(await issuer.token())
    await outcome(client)
    for (const token of ['garbage', 7, null, { token: [] }, await issuer.token({ aud: 'x' })]) {
      expect(await client.emitWithAck('reauth', token)).toMatchObject({ ok: false, code: 'reauth_failed' })
    }
    const told = next(client, 'reauth_failed')
    client.emit('reauth')
    expect(await told).toMatchObject([{ code: 'reauth_failed' }])
    expect(await client.emitWithAck('say', 'still here')).toBe('still here')
  })

  it.each<[string, Record<string, unknown>]>([
    ['subject', { sub: 'mallory' }],
    ['organisation', { org_id: 'other' }],
  ])('with another %s ends the socket', async (_name, claims) => {
    await using server = await chat()
    const client = server.client(await issuer.token({ org_id: 'mine' }))
    await outcome(client)
    const told = next(client, 'reauth_mismatch')
    const gone = next(client, 'disconnect')
    const answer: unknown = await client.emitWithAck(
      'reauth',
      await issuer.token({ org_id: 'mine', ...claims }),
    )
    expect(answer).toMatchObject({ ok: false, code: 'reauth_mismatch' })
    expect(await told).toEqual([{ closeCode: 4403 }])
    await gone
  })

  it('looks at one token at a time and answers each of them', async () => {
    await using server = await chat()
    const client = server.client(await issuer.token())
    await outcome(client)
    const tokens = await Promise.all([1, 2, 3].map(async (n) => issuer.token({ ...expiresIn(900), n })))
    const answers = await Promise.all(
      tokens.map(async (token) => client.emitWithAck('reauth', token) as Promise<unknown>),
    )
    expect(answers.filter((answer) => (answer as { ok: boolean }).ok)).toHaveLength(1)
    expect(answers.filter((answer) => (answer as { code?: string }).code === 'reauth_limited')).toHaveLength(
      2,
    )
  })

  it('gets no more answers than a client that does not read them can be owed', async () => {
    await using server = await chat()
    const handshake = JSON.stringify({ token: await issuer.token() })
    const client = new WebSocket(`${server.url.replace('http:', 'ws:')}/socket.io/?EIO=4&transport=websocket`)
    client.on('message', (data) => {
      if ((data as Buffer).toString().startsWith('0')) client.send(`40${handshake}`)
    })
    await eventually(() => expect(server.sockets).toHaveLength(1))
    const [socket] = server.sockets as [Socket]
    const { transport, writeBuffer } = socket.conn as unknown as {
      transport: { writable: boolean }
      writeBuffer: unknown[]
    }
    // As it is while what was sent last has not left the machine.
    Object.defineProperty(transport, 'writable', {
      get: () => false,
      set() {
        // Stays so.
      },
    })
    for (let n = 0; n < 3000; n += 1) client.send('420["reauth","garbage"]')
    client.send('42["say","all of it"]')
    await eventually(() => expect(server.seen).toEqual(['all of it']))
    expect(writeBuffer.length).toBeGreaterThan(0)
    expect(writeBuffer.length).toBeLessThan(1100)
    client.terminate()
  })

  it('that loses a needed role ends the socket', async () => {
    await using server = await chat({}, 'admin')
    const client = server.client(await issuer.token({ roles: ['admin'] }))
    await outcome(client)
    const told = next(client, 'forbidden')
    const gone = next(client, 'disconnect')
    const answer: unknown = await client.emitWithAck('reauth', await issuer.token({ roles: ['user'] }))
    expect(answer).toMatchObject({ ok: false, code: 'forbidden' })
    expect(await told).toEqual([{ closeCode: 4403 }])
    await gone
  })
})

describe('users of open sockets', () => {
  it('a user who is disabled loses the socket', async () => {
    const user = { id: 1, isDisabled: false }
    await using server = await chat({ users: { findOrCreate: () => user }, recheckMs: 20 })
    const client = server.client(await issuer.token())
    const told = next(client, 'user_disabled')
    const gone = next(client, 'disconnect')
    await outcome(client)
    user.isDisabled = true
    expect(await told).toEqual([{ closeCode: 4403 }])
    await gone
  })

  it('every socket of a user who was disabled can be closed at once', async () => {
    let isDisabled = false
    const users = { findOrCreate: (sub: string) => ({ id: sub, isDisabled: isDisabled && sub === 'alice' }) }
    await using server = await chat({ users })
    const [alice, bob] = [
      server.client(await issuer.token()),
      server.client(await issuer.token({ sub: 'bob' })),
    ]
    await Promise.all([outcome(alice), outcome(bob)])
    const told = next(alice, 'user_disabled')
    isDisabled = true
    await Promise.all(server.sockets.map(async (socket) => sessionOf(socket)?.recheck()))
    expect(await told).toEqual([{ closeCode: 4403 }])
    expect(await bob.emitWithAck('say', 'here')).toBe('here')
  })

  it('a socket that is not guarded has no session', async () => {
    const sockets: Socket[] = []
    await using server = await startServer((io) => io.on('connection', (socket) => sockets.push(socket)))
    await outcome(server.client(undefined))
    expect(sockets.map(sessionOf)).toEqual([undefined])
  })

  it('a user who loses a needed role loses the socket', async () => {
    const user = { id: 1, role: 'admin' }
    await using server = await chat({ users: { findOrCreate: () => user }, recheckMs: 20 }, 'admin')
    const client = server.client(await issuer.token())
    const told = next(client, 'forbidden')
    const gone = next(client, 'disconnect')
    await outcome(client)
    user.role = 'user'
    expect(await told).toEqual([{ closeCode: 4403 }])
    await gone
  })

  it('another role is on the socket as soon as it is known', async () => {
    const user = { id: 1, role: 'editor' }
    await using server = await chat({ users: { findOrCreate: () => user }, recheckMs: 20 })
    await outcome(server.client(await issuer.token()))
    expect(server.sockets[0]?.userRole).toBe('editor')
    user.role = 'reader'
    await eventually(() => expect(server.sockets[0]?.userRole).toBe('reader'))
    expect(server.sockets[0]?.data).toMatchObject({ roles: ['reader'] })
  })

  it('a directory that is down closes nobody', async () => {
    let asked = 0
    const findOrCreate = (): { id: number } => {
      asked += 1
      if (asked > 1) throw new Error('down')
      return { id: 1 }
    }
    await using server = await chat({ users: { findOrCreate }, recheckMs: 5 })
    const client = server.client(await issuer.token())
    await outcome(client)
    await eventually(() => expect(asked).toBeGreaterThan(3))
    expect(await client.emitWithAck('say', 'still here')).toBe('still here')
  })
})
