import { consoleUrl, gatewayUrl } from '@portcullis/example-page/server'
import { expect, test } from 'vitest'

test.each([
  ['localhost', 'ws://localhost:4000/ws'],
  ['192.168.1.20', 'ws://192.168.1.20:4000/ws'],
  ['[::1]', 'ws://[::1]:4000/ws'],
  ['my-machine.lan', 'ws://my-machine.lan:4000/ws'],
])('a page on %s finds the gateway beside it', (hostname, expected) => {
  expect(gatewayUrl({ path: '/ws' }, hostname)).toBe(expected)
})

test.each(['', "x; script-src 'unsafe-inline'", 'a b', 'x/y', 'x@y', 'x\r\ny'])(
  'the host %j does not get into a header',
  (hostname) => {
    expect(gatewayUrl({ path: '/ws' }, hostname)).toBe('ws://localhost:4000/ws')
  },
)

test('it may have another port', () => {
  expect(gatewayUrl({ port: 4100, path: '/gw' }, 'localhost')).toBe('ws://localhost:4100/gw')
})

test('a configured one wins', () => {
  expect(gatewayUrl({ url: 'wss://relay.example.com/x', path: '/ws' }, 'localhost')).toBe(
    'wss://relay.example.com/x',
  )
})

test('the console is found in the same way', () => {
  expect(consoleUrl({ port: 3000 }, '[::1]')).toBe('http://[::1]:3000')
  expect(consoleUrl({ port: 3000 }, 'x/y')).toBe('http://localhost:3000')
  expect(consoleUrl({ port: 3000, url: 'https://console.example.com' }, 'localhost')).toBe(
    'https://console.example.com',
  )
})
