import type { Socket } from 'socket.io'
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import { createUserResolver, type LocalUser, type OidcVerifier, type UserDirectory } from '../../src/index.ts'
import { oidcMiddleware, type OidcMiddlewareOptions, requireRole } from '../../src/socket.io/index.ts'
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

async function guarded(
  options: Partial<OidcMiddlewareOptions> = {},
  more: (io: TestServer['io']) => void = () => undefined,
): Promise<TestServer> {
  return startServer((io) => {
    io.use(oidcMiddleware({ verifier, ...options }))
    more(io)
  })
}

const refused = (code: string): object => ({ message: code, data: { code } })

describe.each([['websocket'], ['polling']])('over %s', (transport) => {
  it('a socket with a valid token is let in and carries whose it is', async () => {
    const seen: Socket[] = []
    await using server = await guarded({}, (io) => io.on('connection', (socket) => seen.push(socket)))
    const token = await issuer.token({
      roles: ['editor', 'x'],
      permissions: ['a:b'],
      features: { beta: true },
    })
    const client = server.client(token, { transports: [transport] })
    expect(await outcome(client)).toEqual({ message: 'connected' })
    const fields = {
      sub: 'alice',
      userId: 'alice',
      userRole: 'editor',
      roles: ['editor', 'x'],
      permissions: ['a:b'],
      features: { beta: true },
    }
    expect(seen[0]).toMatchObject(fields)
    expect(seen[0]?.data).toMatchObject(fields)
    expect(JSON.parse(JSON.stringify(seen[0]?.data))).toMatchObject(fields)
  })

  it('the Authorization header is read when there is no token in the handshake', async () => {
    await using server = await guarded()
    const extraHeaders = { authorization: `Bearer ${await issuer.token()}` }
    for (const token of [undefined, null, '']) {
      const client = server.client(token, { transports: [transport], extraHeaders })
      expect(await outcome(client)).toEqual({ message: 'connected' })
    }
  })

  it('a token in the handshake wins over the header, also when it is no good', async () => {
    await using server = await guarded()
    const extraHeaders = { authorization: `Bearer ${await issuer.token()}` }
    const client = server.client('garbage', { transports: [transport], extraHeaders })
    expect(await outcome(client)).toEqual(refused('ERR_AUTH_TOKEN_INVALID'))
  })
})

describe('refusals', () => {
  it('a socket without token is refused', async () => {
    await using server = await guarded()
    for (const auth of [undefined, null, '']) {
      expect(await outcome(server.client(auth))).toEqual(refused('ERR_AUTH_TOKEN_REQUIRED'))
    }
    const basic = { authorization: 'Basic YTpi' }
    expect(await outcome(server.client(undefined, { extraHeaders: basic }))).toEqual(
      refused('ERR_AUTH_TOKEN_REQUIRED'),
    )
  })

  it.each([
    [0],
    [1],
    [false],
    [true],
    [{}],
    [[]],
    [['x']],
    [{ toString: 'x' }],
    [{ length: 3 }],
    [Buffer.from('x')],
  ])('a token that is no string is refused: %j', async (token) => {
    await using server = await guarded()
    const extraHeaders = { authorization: `Bearer ${await issuer.token()}` }
    expect(await outcome(server.client(token, { extraHeaders }))).toEqual(refused('ERR_AUTH_TOKEN_INVALID'))
  })

  it('tokens that are expired, of another issuer or for another audience are refused with one code', async () => {
    await using server = await guarded()
    await using stranger = await startIssuer()
    const tokens = [
      await issuer.token(expiresIn(-60)),
      await issuer.token({ aud: 'another-app' }),
      await issuer.token({ exp: undefined }),
      await issuer.token({ sub: undefined }),
      await stranger.token({ iss: issuer.issuer }),
      'x'.repeat(9000),
    ]
    for (const token of tokens) {
      expect(await outcome(server.client(token))).toEqual(refused('ERR_AUTH_TOKEN_INVALID'))
    }
  })

  it('keys that cannot be had are no verdict on the token: the client is told when to come back', async () => {
    await using down = await startIssuer()
    down.answer = (_request, response) => void response.writeHead(500).end()
    const onError = vi.fn()
    await using server = await guarded({ verifier: verifierOf(down), onError })
    const { message, data } = await outcome(server.client(await down.token()))
    expect(message).toBe('ERR_AUTH_KEYS_UNAVAILABLE')
    expect(data).toEqual({ code: 'ERR_AUTH_KEYS_UNAVAILABLE', retryAfterSeconds: expect.any(Number) })
    expect(onError).toHaveBeenCalledOnce()
  })

  it('a verifier that breaks its promise is a failure of the server', async () => {
    const broken = { verify: () => Promise.reject(new Error('secret detail')) }
    const onError = vi.fn(() => {
      throw new Error('and its reporter, too')
    })
    await using server = await guarded({ verifier: broken, onError })
    expect(await outcome(server.client('x'))).toEqual(refused('ERR_INTERNAL'))
    expect(onError).toHaveBeenCalledOnce()
  })

  it('a later middleware that throws refuses the socket rather than crash the process', async () => {
    await using server = await guarded({}, (io) =>
      io.use(() => {
        throw new Error('a bug')
      }),
    )
    expect(await outcome(server.client(await issuer.token()))).toEqual(refused('ERR_INTERNAL'))
  })

  it('each namespace has its own guard on one connection', async () => {
    await using server = await startServer((io) => {
      io.of('/chat').use(oidcMiddleware({ verifier }))
      io.of(/^\/room-\d+$/).use(oidcMiddleware({ verifier }))
      io.of('/open')
    })
    const token = await issuer.token()
    const open = server.client(undefined, { nsp: '/open' })
    expect(await outcome(open)).toEqual({ message: 'connected' })
    const chat = open.io.socket('/chat', { auth: {} })
    const refusal = outcome(chat)
    chat.connect()
    expect(await refusal).toEqual(refused('ERR_AUTH_TOKEN_REQUIRED'))
    const room = open.io.socket('/room-7', { auth: { token } })
    const admitted = outcome(room)
    room.connect()
    expect(await admitted).toEqual({ message: 'connected' })
  })
})

describe('users', () => {
  const directory = (user: LocalUser): UserDirectory => ({ findOrCreate: () => user })

  it('the directory gives the id and the role', async () => {
    const findOrCreate = vi.fn(() => ({ id: 7, role: 'admin' }))
    const seen: Socket[] = []
    await using server = await guarded({ users: { findOrCreate } }, (io) =>
      io.on('connection', (socket) => seen.push(socket)),
    )
    await outcome(
      server.client(await issuer.token({ email: 'a@example.com', name: 'Alice', roles: ['user'] })),
    )
    const claims = expect.objectContaining({ iss: issuer.issuer, sub: 'alice' })
    expect(findOrCreate).toHaveBeenCalledWith('alice', { email: 'a@example.com', name: 'Alice' }, claims)
    expect(seen[0]).toMatchObject({ sub: 'alice', userId: '7', userRole: 'admin', roles: ['admin'] })
  })

  it('a disabled user is refused', async () => {
    await using server = await guarded({ users: directory({ id: 1, isDisabled: true }) })
    expect(await outcome(server.client(await issuer.token()))).toEqual(refused('ERR_USER_DISABLED'))
  })

  it('a directory that throws refuses without a word of why', async () => {
    const onError = vi.fn()
    const findOrCreate = (): never => {
      throw new Error('connection string')
    }
    await using server = await guarded({ users: { findOrCreate }, onError })
    expect(await outcome(server.client(await issuer.token()))).toEqual(refused('ERR_USER_PROVISION_FAILED'))
    expect(onError).toHaveBeenCalledOnce()
  })
})

describe('roles', () => {
  const admin = (io: TestServer['io']): unknown => io.use(requireRole('admin'))

  it('a user with the role is let in', async () => {
    await using server = await guarded({}, admin)
    const client = server.client(await issuer.token({ roles: ['user', 'admin'] }))
    expect(await outcome(client)).toEqual({ message: 'connected' })
  })

  it('a user without it is refused, also one whose local role is another than the token says', async () => {
    await using server = await guarded({}, admin)
    for (const roles of [undefined, [], ['user'], ['Admin'], 'admin', [['admin']]]) {
      expect(await outcome(server.client(await issuer.token({ roles })))).toEqual(refused('ERR_FORBIDDEN'))
    }
    await using local = await guarded({ users: { findOrCreate: () => ({ id: 1, role: 'user' }) } }, admin)
    expect(await outcome(local.client(await issuer.token({ roles: ['admin'] })))).toEqual(
      refused('ERR_FORBIDDEN'),
    )
  })

  it('a socket that nobody authenticated is refused, whatever it says about itself', async () => {
    await using server = await startServer((io) => {
      io.use((socket, go) => {
        Object.assign(socket, { userRole: 'admin', roles: ['admin'] })
        go()
      })
      io.use(requireRole('admin'))
    })
    expect(await outcome(server.client(undefined))).toEqual(refused('ERR_FORBIDDEN'))
  })
})

describe('the registry', () => {
  it('hears of a socket before the application does, and of its end', async () => {
    const calls: unknown[][] = []
    const session = {
      registerSocket: (...key: unknown[]) => calls.push(['in', ...key]),
      unregisterSocket: (...key: unknown[]) => calls.push(['out', ...key]),
    }
    const users = { findOrCreate: () => ({ id: 7 }) }
    await using server = await guarded({ session, users }, (io) =>
      io.on('connection', (socket) => calls.push(['application', socket.id])),
    )
    const client = server.client(await issuer.token())
    await outcome(client)
    const { id } = client
    expect(calls).toEqual([
      ['in', '7', id, 'alice'],
      ['application', id],
    ])
    client.disconnect()
    await eventually(() => expect(calls[2]).toEqual(['out', '7', id, 'alice']))
  })

  it('is told of the end after a registration that takes longer than the socket lives', async () => {
    const calls: string[] = []
    let registered: () => void = () => undefined
    const session = {
      registerSocket: () =>
        new Promise<void>((resolve) => {
          registered = () => {
            calls.push('in')
            resolve()
          }
        }),
      unregisterSocket: () => void calls.push('out'),
    }
    const ended: Promise<unknown>[] = []
    await using server = await guarded({ session }, (io) =>
      io.on('connection', (socket) => ended.push(next(socket, 'disconnect'))),
    )
    const client = server.client(await issuer.token())
    await outcome(client)
    client.disconnect()
    await ended[0]
    expect(calls).toEqual([])
    registered()
    await eventually(() => expect(calls).toEqual(['in', 'out']))
  })

  it('its failures are reported and close nobody', async () => {
    const onError = vi.fn()
    const session = {
      registerSocket: () => Promise.reject(new Error('down')),
      unregisterSocket: () => {
        throw new Error('down as well')
      },
    }
    await using server = await guarded({ session, onError }, (io) =>
      io.on('connection', (socket) => socket.on('ping', (ack: () => void) => ack())),
    )
    const client = server.client(await issuer.token())
    await outcome(client)
    await client.emitWithAck('ping')
    expect(onError).toHaveBeenCalledTimes(1)
    client.disconnect()
    await eventually(() => expect(onError).toHaveBeenCalledTimes(2))
  })

  it('does not hear of a client that is gone before it is let in', async () => {
    let decide: () => void = () => undefined
    let asked: () => void = () => undefined
    const isAsked = new Promise<void>((resolve) => {
      asked = resolve
    })
    const slow: OidcVerifier = {
      async verify(token) {
        asked()
        await new Promise<void>((resolve) => {
          decide = resolve
        })
        return verifier.verify(token)
      },
    }
    const session = { registerSocket: vi.fn() }
    const passed: Socket[] = []
    await using server = await guarded({ verifier: slow, session }, (io) =>
      io.use((socket, go) => {
        passed.push(socket)
        go()
      }),
    )
    const opened = next(server.io.engine as never, 'connection')
    const client = server.client(await issuer.token())
    await isAsked
    const [connection] = await opened
    const closed = next(connection as never, 'close')
    client.disconnect()
    await closed
    decide()
    await eventually(() => expect(passed).toHaveLength(1))
    await new Promise(setImmediate)
    expect(session.registerSocket).not.toHaveBeenCalled()
    expect(server.io.sockets.sockets.size).toBe(0)
  })

  it('does not hear of sockets that a later middleware refuses', async () => {
    const session = { registerSocket: vi.fn() }
    await using server = await guarded({ session }, (io) => io.use(requireRole('admin')))
    expect(await outcome(server.client(await issuer.token()))).toEqual(refused('ERR_FORBIDDEN'))
    expect(session.registerSocket).not.toHaveBeenCalled()
  })
})

describe('options', () => {
  it.each<[string, object]>([
    ['verifier', {}],
    ['verifier', { verifier: {} }],
    ['users', { users: {} }],
    ['session', { session: {} }],
    ['unregisterSocket', { session: { registerSocket: () => undefined, unregisterSocket: 1 } }],
    ['reauthNoticeMs', { reauthNoticeMs: -1 }],
    ['recheckMs', { recheckMs: Number.NaN }],
    ['onError', { onError: 'x' }],
  ])('a wrong %s is a TypeError that names it: %j', (name, options) => {
    const make = (): unknown => oidcMiddleware({ ...(name === 'verifier' ? {} : { verifier }), ...options })
    expect(make).toThrow(TypeError)
    expect(make).toThrow(name)
  })

  it('a guard needs a role', () => {
    expect(() => requireRole()).toThrow(TypeError)
    expect(() => requireRole('')).toThrow(TypeError)
  })

  it('a resolver can be shared', async () => {
    const users = createUserResolver({ findOrCreate: () => ({ id: 1, isDisabled: true }) })
    await using server = await guarded({ users })
    expect(await outcome(server.client(await issuer.token()))).toEqual(refused('ERR_USER_DISABLED'))
  })
})
