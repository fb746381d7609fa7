import { describe, expect, test } from 'vitest'
import { createFleetAgent, createFleetView, FleetError, type FleetEvents } from '../src/index.ts'
import { connectFleetLink, createFleetLinkServer } from '../src/link/index.ts'
import { Bus } from './support/bus.ts'

const agent = {
  events: new Bus(),
  gatewayId: 'gw',
  sessions: () => [],
  counters: () => [],
  onChange: () => undefined,
  onGap: () => undefined,
}
const link = { events: new Bus(), gatewayId: 'gw', url: 'http://127.0.0.1:1', internalToken: 'token' }
const server = { events: new Bus(), internalTokens: 'token' }

describe('a mistake in an option is a TypeError that names it', () => {
  test.each<[string, object]>([
    ['events', { events: undefined }],
    ['events', { events: { publishEvent: () => undefined } }],
    ['gatewayId', { gatewayId: '' }],
    ['gatewayId', { gatewayId: 'a.b' }],
    ['gatewayId', { gatewayId: 'a'.repeat(65) }],
    ['sessions', { sessions: [] }],
    ['counters', { counters: undefined }],
    ['onChange', { onChange: undefined }],
    ['onGap', { onGap: 1 }],
    ['name', { name: 1 }],
    ['version', { version: null }],
    ['answers', { answers: { nonsense: () => undefined } }],
    ['answers.session.close', { answers: { 'session.close': true } }],
    ['reportIntervalMs', { reportIntervalMs: 99 }],
    ['reportIntervalMs', { reportIntervalMs: 60_001 }],
    ['startWaitMs', { startWaitMs: -1 }],
    ['maxQuestions', { maxQuestions: 0 }],
  ])('agent: %s (%#)', (option, over) => {
    expect(() => createFleetAgent({ ...agent, ...over })).toThrow(new RegExp(`^"${option}"`))
    expect(() => createFleetAgent({ ...agent, ...over })).toThrow(TypeError)
  })

  test.each<[string, object]>([
    ['events', { events: null }],
    ['changes.latest', { changes: {} }],
    ['changes.since', { changes: { latest: () => undefined } }],
    ['answers', { answers: { toString: () => undefined } }],
    ['answers.interop.peers', { answers: { 'interop.peers': 1 } }],
    ['maxSessions', { maxSessions: 0 }],
    ['maxGateways', { maxGateways: Number.NaN }],
    ['maxProjects', { maxProjects: 1.5 }],
    ['maxSeries', { maxSeries: -1 }],
    ['pointMs', { pointMs: 99 }],
    ['heartbeatMs', { heartbeatMs: 99 }],
    ['maxQuestions', { maxQuestions: '1' }],
    ['askTimeoutMs', { askTimeoutMs: 60_001 }],
  ])('view: %s (%#)', (option, over) => {
    expect(() => createFleetView({ events: new Bus(), ...over })).toThrow(new RegExp(`^"${option}"`))
  })

  test.each<[string, object]>([
    ['events', { events: undefined }],
    ['gatewayId', { gatewayId: '>' }],
    ['internalToken', { internalToken: '' }],
    ['internalToken', { internalToken: 'a\r\nb' }],
    ['url', { url: 'localhost' }],
    ['url', { url: 'ftp://x' }],
    ['url', { url: 'http://user:pass@x' }],
    ['path', { path: 'x' }],
    ['maxRetryMs', { maxRetryMs: 0 }],
    ['idleTimeoutMs', { idleTimeoutMs: 99 }],
    ['maxBufferedBytes', { maxBufferedBytes: 1000 }],
  ])('link: %s (%#)', (option, over) => {
    expect(() => connectFleetLink({ ...link, ...over })).toThrow(new RegExp(`^"${option}"`))
  })

  test.each<[string, object]>([
    ['events', { events: {} }],
    ['internalTokens', { internalTokens: [] }],
    ['internalTokens', { internalTokens: '' }],
    ['internalTokens', { internalTokens: ['a', ''] }],
    ['internalTokens', { internalTokens: undefined }],
    ['path', { path: '' }],
    ['maxLinks', { maxLinks: 0 }],
    ['idleTimeoutMs', { idleTimeoutMs: 0 }],
    ['maxBufferedBytes', { maxBufferedBytes: 1 }],
  ])('link server: %s (%#)', (option, over) => {
    expect(() => createFleetLinkServer({ ...server, ...over })).toThrow(new RegExp(`^"${option}"`))
  })
})

test('an engine that refuses one of several is listened to no more', async () => {
  for (const create of [
    (events: FleetEvents) => createFleetAgent({ ...agent, events }),
    (events: FleetEvents) => createFleetView({ events }),
  ]) {
    const bus = new Bus()
    let count = 0
    const events: FleetEvents = {
      publishEvent: () => undefined,
      subscribeEvents: (...of) =>
        (count += 1) === 2 ? Promise.reject(new Error('no')) : bus.subscribeEvents(...of),
    }
    await expect(create(events).start()).rejects.toMatchObject({ code: 'ERR_FLEET_UNAVAILABLE' })
    expect([count > 1, bus.listeners]).toEqual([true, 0])
  }
})

test('an engine that refuses to listen is told as such', async () => {
  const events = { publishEvent: () => undefined, subscribeEvents: () => Promise.reject(new Error('no')) }
  for (const one of [createFleetAgent({ ...agent, events }), createFleetView({ events })]) {
    const error: unknown = await one.start().catch((reason: unknown) => reason)
    expect(FleetError.is(error) && error.code).toBe('ERR_FLEET_UNAVAILABLE')
    await one.close()
  }
})
