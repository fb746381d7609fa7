import { afterEach, expect, test } from 'vitest'
import { createGateway, type GatewayOptions, type InteropGateway } from '../../src/index.ts'
import { TestClient } from '../support/gateway-peer.ts'

const open: InteropGateway[] = []
afterEach(async () => {
  await Promise.all(open.splice(0).map((gateway) => gateway.close()))
})

const asked: string[] = []

/** A provider that lets in whoever has its name as the token. */
const provider = (
  name: string,
): { authenticator: NonNullable<GatewayOptions['authentication']>['authenticator'] & {} } => ({
  authenticator: async ({ authentication }) => {
    asked.push(name)
    return authentication.token === name
      ? { type: 'success', user: `user of ${name}` }
      : { type: 'error', message: `not for ${name}` }
  },
})

function gatewayWith(authentication: GatewayOptions['authentication']): InteropGateway {
  const gateway = createGateway({
    authentication: { one: provider('one'), two: provider('two'), ...authentication },
  })
  open.push(gateway)
  asked.length = 0
  return gateway
}

const hello = (gateway: InteropGateway, authentication: object): ReturnType<TestClient['request']> =>
  new TestClient(gateway).request({ type: 'hello', identity: { application: 'A' }, authentication })

test('several default providers are asked in turn until one lets the client in', async () => {
  const gateway = gatewayWith({ available: ['one', 'two'], default: ['one', 'two'] })
  for (const [token, turns] of [
    ['one', ['one']],
    ['two', ['one', 'two']],
  ] as const) {
    asked.length = 0
    const authentication = { method: 'access-token', token, provider: null }
    expect(await hello(gateway, authentication)).toMatchObject({
      type: 'welcome',
      resolved_identity: { user: `user of ${token}` },
    })
    expect(asked).toEqual(turns)
  }
})

test('what the first of them says is the refusal', async () => {
  const gateway = gatewayWith({ default: ['one', 'two'] })
  expect(await hello(gateway, { method: 'access-token', token: 'three' })).toMatchObject({
    reason_uri: 'global.errors.authentication.failure',
    reason: 'not for one',
  })
  expect(asked).toEqual(['one', 'two'])
})

test('a client that names a provider is decided about by that one alone', async () => {
  const gateway = gatewayWith({ available: ['one', 'two'], default: ['one', 'two'] })
  const authentication = { method: 'access-token', token: 'two', provider: 'one' }
  expect(await hello(gateway, authentication)).toMatchObject({ reason: 'not for one' })
  expect(asked).toEqual(['one'])
})

test('a provider that is no default is asked when it is named, and only then', async () => {
  const gateway = gatewayWith({ available: ['one', 'two'], default: 'one' })
  const token = { method: 'access-token', token: 'two' }
  expect(await hello(gateway, token)).toMatchObject({ type: 'error' })
  expect(await hello(gateway, { ...token, provider: 'two' })).toMatchObject({ type: 'welcome' })
})

test.each([{ default: ['one', 'three'] }, { default: 'three' }, { default: ['one', 1] as never }])(
  'a default that is not available is a mistake: %j',
  (options) => {
    expect(() => gatewayWith({ available: ['one', 'two'], ...options })).toThrow(
      /"authentication\.default" must be one of ".*", or several/,
    )
  },
)
