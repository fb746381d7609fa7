import { expect, test } from 'vitest'
import { gatewayUrl } from '../../src/server/gateway-url.ts'

test.each([
  ['localhost', 'ws://localhost:4000/ws'],
  ['192.168.1.20', 'ws://192.168.1.20:4000/ws'],
  ['[::1]', 'ws://[::1]:4000/ws'],
  ['my-machine.lan', 'ws://my-machine.lan:4000/ws'],
])('a page on %s finds the gateway beside it', (hostname, expected) => {
  expect(gatewayUrl({}, hostname)).toBe(expected)
})

test.each(['', "x; script-src 'unsafe-inline'", 'a b', 'x/y', 'x@y', 'x\r\ny'])(
  'the host %j does not get into a header',
  (hostname) => {
    expect(gatewayUrl({}, hostname)).toBe('ws://localhost:4000/ws')
  },
)

test('it may have another port', () => {
  expect(gatewayUrl({ gatewayPort: 4100 }, 'localhost')).toBe('ws://localhost:4100/ws')
})

test('a configured one wins', () => {
  expect(gatewayUrl({ gatewayUrl: 'wss://relay.example.com/ws' }, 'localhost')).toBe(
    'wss://relay.example.com/ws',
  )
})
