import { webSocketUrl } from '@portcullis/example-page/server'
import { expect, test } from 'vitest'

test.each([
  ['ws://localhost:4000/ws', true],
  ['wss://relay.example.com/ws', true],
  ['http://localhost:4000/ws', false],
  ['ws://', false],
  ['localhost', false],
  ['', false],
])('%j as the URL of a gateway is accepted: %s', (value, isGood) => {
  expect(webSocketUrl.safeParse(value).success).toBe(isGood)
})
