import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { define, publish, startMetrics } from '../support.ts'

let directory: string

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'metrics-'))
})

afterEach(() => rm(directory, { recursive: true, force: true }))

async function module(source: string): Promise<string> {
  const file = join(directory, 'publisher.mjs')
  await writeFile(file, source)
  return file
}

test('the publisher of a module is made with its configuration and started with the context', async () => {
  const file = await module(`
    export default async (configuration, logger) => ({
      async startup(context) { context.order.push('startup', configuration.url, typeof logger.warn) },
      function(update) { configuration.order.push(Object.keys(update.metrics)[0]) },
      cleanup() { configuration.order.push('cleanup') },
    })
  `)
  const order: string[] = []
  const system = await startMetrics({
    publishers: ['custom'],
    custom: { heartbeats: 0, publisher: { file, configuration: { url: 'u', order } }, context: { order } },
    filters: { publishers: [{ metrics: { whitelist: ['n'] } }] },
  })
  const peer = system.member()
  define(peer, 'n', 'm')
  publish(peer, 'n', 1)
  publish(peer, 'm', 1)
  peer.leave('metrics')
  expect(system.metrics.stats().publishers).toMatchObject([{ name: 'custom' }])
  await system.metrics.close()
  // The status that ends a repository has no metrics: the publisher throws there, and is none the worse.
  expect(order).toEqual(['startup', 'u', 'function', 'n', 'cleanup'])
  expect(system.logged).toMatchObject([{ details: { publisher: 'custom', dropped: { failed: 1 } } }])
})

test.each([
  ['export const publisher = {}', /default export of .* must be a function/],
  ['export default () => ({})', /must make an object with a "function"/],
  ['export default () => ({ function() {}, cleanup: 7 })', /must make an object with a "function"/],
  ['export default () => null', /must make an object with a "function"/],
  ['export default () => { throw new Error("no database") }', /no database/],
  ['syntax error', /./],
])('the module %j keeps the gateway from starting', async (source, message) => {
  const file = await module(source)
  await expect(
    startMetrics({ publishers: ['custom'], custom: { publisher: { file } } }),
  ).rejects.toMatchObject({
    message: 'metrics publisher "custom" did not start',
    cause: { message: expect.stringMatching(message) },
  })
})

test('a module that is not there keeps the gateway from starting', async () => {
  const custom = { publisher: { file: join(directory, 'missing.mjs') } }
  await expect(startMetrics({ publishers: ['custom'], custom })).rejects.toThrow('did not start')
})
