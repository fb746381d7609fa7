import { createEmbeddedTransport } from '@portcullis/transport/embedded'
import { expect, test } from 'vitest'
import { createGateway, type GatewayOptions } from '../src/index.ts'
import { gatewaySettings } from '../src/options.ts'
import { SCOPE } from './support/start-gateway.ts'

const needed: GatewayOptions = {
  transport: createEmbeddedTransport(),
  authorize: async () => ({ ...SCOPE, userId: null, claims: {} }),
}

test('the defaults are these', () => {
  expect(gatewaySettings(needed)).toMatchObject({
    paths: new Set(['/ws', '/']),
    authorizeTimeoutMs: 5000,
    reauthNoticeMs: 60_000,
    maxReauthsPerMinute: 10,
    maxPayloadBytes: 65_536,
    maxFragments: 1024,
    maxInFlightFrames: 64,
    maxBufferedBytes: 1_048_576,
    publishTimeoutMs: 5000,
    pingIntervalMs: 25_000,
    pongTimeoutMs: 8000,
    maxConnections: 10_000,
    maxConnectionsPerAddress: 100,
    maxConnectionsPerUser: 32,
    maxConnectionsPerProject: 10_000,
    connectRatePerAddress: 50,
    maxIdleProjects: 1000,
    outboundConsumer: 'gateway',
  })
})

const numbers = [
  'authorizeTimeoutMs',
  'reauthNoticeMs',
  'maxReauthsPerMinute',
  'maxPayloadBytes',
  'maxFragments',
  'maxInFlightFrames',
  'maxBufferedBytes',
  'publishTimeoutMs',
  'pingIntervalMs',
  'pongTimeoutMs',
  'maxConnections',
  'maxConnectionsPerAddress',
  'maxConnectionsPerUser',
  'maxConnectionsPerProject',
  'connectRatePerAddress',
  'maxIdleProjects',
] as const

test.each(numbers)('%s is a whole number of at least 1', (name) => {
  for (const value of [0, -1, 1.5, Number.NaN, Number.POSITIVE_INFINITY, '5' as unknown as number]) {
    expect(() => createGateway({ ...needed, [name]: value })).toThrow(new RegExp(`"${name}" option`))
  }
  expect(() => createGateway({ ...needed, [name]: 1 })).not.toThrow()
})

test.each(['authorizeTimeoutMs', 'reauthNoticeMs', 'pingIntervalMs', 'pongTimeoutMs'])(
  '%s is not so long that a timer would fire at once',
  (name) => {
    expect(() => createGateway({ ...needed, [name]: 2 ** 31 })).toThrow(
      new RegExp(`"${name}" option must be at most`),
    )
  },
)

test.each<[string, Partial<GatewayOptions>]>([
  ['transport', { transport: {} as GatewayOptions['transport'] }],
  ['authorize', { authorize: 'yes' as unknown as GatewayOptions['authorize'] }],
  ['maxReauthsPerMinute', { maxReauthsPerMinute: 1001 }],
  ['maxPayloadBytes', { maxPayloadBytes: 1024 * 1024 + 1 }],
  ['paths', { paths: [] }],
  ['paths', { paths: ['ws'] }],
  ['allowedOrigins', { allowedOrigins: ['example.com'] }],
  ['onSessionOpen', { onSessionOpen: 'yes' as unknown as () => void }],
  ['onSessionClose', { onSessionClose: {} as unknown as () => void }],
  ['outboundConsumer', { outboundConsumer: 'both' as 'session' }],
])('a bad %s is refused by name', (name, bad) => {
  expect(() => createGateway({ ...needed, ...bad })).toThrow(TypeError)
  expect(() => createGateway({ ...needed, ...bad })).toThrow(new RegExp(`"${name}" option`))
})
