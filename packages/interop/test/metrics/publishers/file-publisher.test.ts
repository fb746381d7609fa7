import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import type { FilePublisherOptions } from '../../../src/metrics/options.ts'
import { createFilePublisher } from '../../../src/metrics/publishers/file-publisher.ts'
import type { Update } from '../../../src/metrics/update.ts'
import { define, isStatus, type MetricsSystem, publish, startMetrics, until } from '../support.ts'

let directory: string
let location: string

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'metrics-'))
  location = join(directory, 'metrics.jsonl')
})

afterEach(() => rm(directory, { recursive: true, force: true }))

const start = (options: Partial<FilePublisherOptions> = {}): Promise<MetricsSystem> =>
  startMetrics({ publishers: ['file'], file: { location, heartbeats: 5, ...options } })

async function lines(): Promise<Update[]> {
  const text = await readFile(location, 'utf8')
  expect(text === '' || text.endsWith('\n')).toBe(true)
  return text
    .split('\n')
    .slice(0, -1)
    .map((line) => JSON.parse(line) as Update)
}

function publishTexts(system: MetricsSystem, texts: string[]): void {
  const peer = system.member()
  define(peer, 'n')
  for (const text of texts) publish(peer, 'n', text, 1)
}

test('each value is one line, and all are there after the close', async () => {
  const system = await start()
  const texts = Array.from({ length: 1000 }, (_, count) => `line\n${count}\u2028é`)
  publishTexts(system, texts)
  await system.metrics.close()
  const updates = await lines()
  expect(updates).toHaveLength(1000)
  expect(updates.map((update) => !isStatus(update) && update.metrics.n?.datapoints[0]?.value.value)).toEqual(
    texts,
  )
})

test('states are written when asked for', async () => {
  const system = await start({ status: true })
  publishTexts(system, ['x'])
  await until(() => (system.metrics.stats().publishers[0]?.published ?? 0) > 2)
  await system.metrics.close()
  const updates = await lines()
  const states = updates.filter(isStatus).map(({ status }) => status.state)
  expect(states[0]).toBe(0)
  expect(states.at(-1)).toBe(-1)
  expect(updates.filter((update) => !isStatus(update))).toHaveLength(1)
})

test('what is in the file goes, or stays with append', async () => {
  const old = '{"identity":{},"metrics":{}}\n'
  await writeFile(location, old)
  const appending = await start({ append: true })
  publishTexts(appending, ['x'])
  await appending.metrics.close()
  expect(await lines()).toHaveLength(2)
  const truncating = await start()
  publishTexts(truncating, ['y'])
  await truncating.metrics.close()
  expect(await lines()).toHaveLength(1)
})

test('a file that cannot be opened keeps the gateway from starting', async () => {
  location = join(directory, 'missing', 'metrics.jsonl')
  await expect(start()).rejects.toMatchObject({
    message: 'metrics publisher "file" did not start',
    cause: { code: 'ENOENT' },
  })
})

test('a write that fails can be tried again, on a file that is opened again', async () => {
  const publisher = createFilePublisher({ location: '/dev/full', append: true, status: true })
  await publisher.startup?.()
  const signal = new AbortController().signal
  for (let attempt = 0; attempt < 3; attempt += 1) {
    await expect(publisher.publish({ identity: {}, metrics: {} }, signal)).rejects.toMatchObject({
      message: 'the file cannot be written (ENOSPC)',
      temporary: true,
    })
  }
  await publisher.cleanup?.()
})
