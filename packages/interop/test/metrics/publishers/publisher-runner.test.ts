import { expect, test } from 'vitest'
import { silentLogger } from '../../../src/gateway/logger.ts'
import { PublisherRunner, type RunnerSettings } from '../../../src/metrics/publishers/publisher-runner.ts'
import type { RunningRepository } from '../../../src/metrics/publishers/update-queue.ts'
import { until } from '../support.ts'

const SETTINGS: RunnerSettings = {
  name: 'test',
  filter: () => true,
  heartbeatMs: 0,
  timeoutMs: 5000,
  drainMs: 5000,
  maxRetries: 0,
  backoffMs: 1,
  maxEntries: 100,
  maxSize: 1000,
  splitSize: 1,
  conflation: undefined,
}

function publish(runner: PublisherRunner, repository: RunningRepository, value: number): void {
  const point = { timestamp: 0, value: { value } }
  runner.publish(repository, { type: 'number' }, { name: 'n', raw: value, point, size: 1 })
}

test('a value that comes just as the last one has gone does not wait for the next', async () => {
  for (let depth = 0; depth < 40; depth += 1) {
    let calls = 0
    const runner: PublisherRunner = new PublisherRunner(
      {
        async publish() {
          calls += 1
          if (calls > 1) return
          // So many turns after this publication.
          let later = Promise.resolve()
          for (let turn = 0; turn < depth; turn += 1) later = later.then(() => undefined)
          void later.then(() => publish(runner, repository, 2))
        },
      },
      SETTINGS,
      silentLogger,
    )
    await runner.start()
    const repository = runner.add({ system: 's' })
    publish(runner, repository, 1)
    await until(() => calls === 2)
    await runner.close()
  }
})

test('one update is on its way at a time', async () => {
  let inFlight = 0
  let most = 0
  const runner = new PublisherRunner(
    {
      async publish() {
        inFlight += 1
        most = Math.max(most, inFlight)
        await new Promise((resolve) => setImmediate(resolve))
        inFlight -= 1
      },
    },
    SETTINGS,
    silentLogger,
  )
  await runner.start()
  const repository = runner.add({ system: 's' })
  for (let value = 0; value < 50; value += 1) publish(runner, repository, value)
  await until(() => runner.stats.published === 50)
  expect(most).toBe(1)
  await runner.close()
})

test('what comes before the start is published after it, and what comes after the close is not', async () => {
  const values: number[] = []
  const runner = new PublisherRunner(
    { publish: async (update) => void values.push(Object.keys(update.metrics ?? {}).length) },
    SETTINGS,
    silentLogger,
  )
  const repository = runner.add({ system: 's' })
  publish(runner, repository, 1)
  expect(runner.stats).toMatchObject({ queued: 1, published: 0 })
  await runner.start()
  await until(() => values.length === 1)
  await Promise.all([runner.close(), runner.close()])
  publish(runner, repository, 2)
  runner.remove(repository)
  // The last one is the status that ends the repository.
  expect(values).toEqual([1, 0])
  expect(runner.stats).toMatchObject({ queued: 0, dropped: 0 })
})

test('what waits when there never was a start is lost, and counted', async () => {
  const runner = new PublisherRunner({ publish: async () => undefined }, SETTINGS, silentLogger)
  publish(runner, runner.add({ system: 's' }), 1)
  await runner.close()
  expect(runner.stats).toMatchObject({ queued: 0, published: 0, dropped: 2 })
})
