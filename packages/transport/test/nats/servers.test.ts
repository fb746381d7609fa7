import { describe, expect, test } from 'vitest'
import { createNatsTransport, natsConnectionOptions } from '../../src/nats/index.ts'
import { readServers } from '../../src/nats/servers.ts'

describe('a login in a server URL', () => {
  test.each([
    ['nats://localhost:4222', ['nats://localhost:4222'], {}],
    ['localhost:4222', ['nats://localhost:4222'], {}],
    ['nats://ann:s%2Fecret@host:4222', ['nats://host:4222'], { user: 'ann', pass: 's/ecret' }],
    ['tls://token@host:4222', ['tls://host:4222'], { token: 'token' }],
    [
      ['nats://a:b@one:4222', 'nats://a:b@two:4222'],
      ['nats://one:4222', 'nats://two:4222'],
      { user: 'a', pass: 'b' },
    ],
  ])('%j is taken out', (url, servers, login) => {
    expect(readServers(url)).toEqual({ servers, login })
  })

  test.each([
    [[]],
    ['nats://'],
    [['nats://a:s3cret@one:4222', 'nats://b:s3cret@two:4222']],
    ['nats://:s3cret@'],
  ])('%j is refused, unseen', (url) => {
    const refused = (): unknown => readServers(url)
    expect(refused).toThrow('"servers" option')
    expect(refused).not.toThrow('s3cret')
  })
})

test('credentials have to be the content of a credentials file', () => {
  expect(() => createNatsTransport({ credentials: '/etc/gateway.creds' })).toThrow('"credentials" option')
})

test.each(['', '_INBOX.>', 'a b', 'a..b', 'x'.repeat(65), 7 as never])(
  'the inbox prefix %j is refused, because it would become part of a subject',
  (inboxPrefix) => {
    expect(() => natsConnectionOptions({ inboxPrefix })).toThrow('"inboxPrefix" option')
  },
)

test('connection options carry the login, the prefix and whatever else is wanted', () => {
  expect(
    natsConnectionOptions({
      servers: 'nats://ann:secret@host:4222',
      inboxPrefix: '_INBOX_gateway',
      name: 'keys',
      connection: { timeout: 3000 },
    }),
  ).toEqual({
    servers: ['nats://host:4222'],
    user: 'ann',
    pass: 'secret',
    inboxPrefix: '_INBOX_gateway',
    name: 'keys',
    timeout: 3000,
  })
})
