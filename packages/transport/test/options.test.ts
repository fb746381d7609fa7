import { readFile } from 'node:fs/promises'
import { describe, expect, test } from 'vitest'
import { createEmbeddedTransport, EmbeddedBroker } from '../src/embedded/index.ts'
import type { ConsumeInboundOptions } from '../src/index.ts'
import { createNatsTransport, type NatsTransportOptions } from '../src/nats/index.ts'
import { embeddedSettings } from '../src/embedded/options.ts'
import { natsSettings } from '../src/nats/options.ts'
import { codeOf, SCOPE } from './support/messages.ts'

const NOT_WHOLE = [0, -1, 1.5, Number.NaN, Number.POSITIVE_INFINITY, '5', null]
const NATS_NUMBERS = [
  'replicas',
  'inboundMaxBytes',
  'inboundMaxAgeMs',
  'outboundMaxBytes',
  'outboundMaxAgeMs',
  'deadLetterMaxBytes',
  'deadLetterMaxAgeMs',
  'maxMessageBytes',
  'duplicateWindowMs',
  'ackTimeoutMs',
  'maxPendingCount',
  'maxPendingBytes',
  'leaseMs',
]
const EMBEDDED_NUMBERS = [
  'inboundMaxBytes',
  'inboundMaxAgeMs',
  'outboundMaxBytes',
  'outboundMaxAgeMs',
  'duplicateWindowMs',
  'duplicateMaxCount',
  'maxMessageBytes',
  'deadLetterMaxCount',
  'deadLetterMaxBytes',
]

const refused = (name: string): Error =>
  expect.objectContaining({
    name: 'TypeError',
    message: expect.stringContaining(`"${name}" option`) as string,
  }) as Error

describe('the NATS engine', () => {
  test.each(NATS_NUMBERS)('%s has to be a whole number of at least 1', (name) => {
    for (const value of NOT_WHOLE) expect(() => createNatsTransport({ [name]: value })).toThrow(refused(name))
  })

  test.each<[keyof NatsTransportOptions, unknown]>([
    ['storage', 'disk'],
    ['drift', 'ignore'],
    ['replicas', 6],
    ['leaseMs', 999],
    ['leaseMs', 2_147_483_648],
  ])('%s may not be %s', (name, value) => {
    expect(() => createNatsTransport({ [name]: value })).toThrow(refused(name))
  })

  test('the settings have every option, and are frozen', () => {
    const settings = natsSettings({})
    expect(Object.isFrozen(settings)).toBe(true)
    const others = ['connection', 'storage', 'drift']
    expect(Object.keys(settings).toSorted()).toEqual([...NATS_NUMBERS, ...others].toSorted())
  })
})

describe('the embedded engine', () => {
  test.each(EMBEDDED_NUMBERS)('%s has to be a whole number of at least 1', (name) => {
    for (const value of NOT_WHOLE) expect(() => new EmbeddedBroker({ [name]: value })).toThrow(refused(name))
  })

  test('the settings have every option, and are frozen', () => {
    const settings = embeddedSettings()
    expect(Object.isFrozen(settings)).toBe(true)
    expect(Object.keys(settings).toSorted()).toEqual(EMBEDDED_NUMBERS.toSorted())
  })
})

const CONNECTION = ['servers', 'credentials', 'inboxPrefix', 'name']

test('the README lists every option', async () => {
  const readme = await readFile(new URL('../README.md', import.meta.url), 'utf8')
  for (const name of [...Object.keys(natsSettings({})), ...CONNECTION, ...EMBEDDED_NUMBERS]) {
    expect(readme).toMatch(new RegExp(`^\\| \`${name}\` +\\|`, 'm'))
  }
})

test.each<[string, Partial<ConsumeInboundOptions>]>([
  ['maxInFlight', { maxInFlight: 0 }],
  ['maxInFlight', { maxInFlight: 1.5 }],
  ['ackWaitMs', { ackWaitMs: 0 }],
  ['ackWaitMs', { ackWaitMs: 2_147_483_648 }],
  ['onDelivery', { onDelivery: undefined as never }],
])('consuming with a bad %s is refused', async (name, over) => {
  const transport = createEmbeddedTransport()
  await transport.start()
  const options = { scope: SCOPE, actor: 'a', onDelivery: () => undefined, ...over }
  expect(await codeOf(transport.consumeInbound(options))).toEqual(refused(name))
})
