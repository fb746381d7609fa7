import { freePort, startNatsServer } from '@portcullis/test-servers'
import { expect, test } from 'vitest'
import { createGateway } from '../../src/index.ts'

test('a gateway that has not met its cluster yet can be closed: its start gives up', async () => {
  const gateway = createGateway({ cluster: { endpoint: `nats://127.0.0.1:${await freePort()}` } })
  const started = gateway.start().then(
    () => 'it started',
    () => 'it gave up',
  )
  await gateway.close()
  expect(await started).toBe('it gave up')
})

test('so can one whose nats-server has no JetStream', async () => {
  await using nats = await startNatsServer({ jetstream: false })
  const gateway = createGateway({ cluster: { endpoint: nats.url } })
  const started = gateway.start().then(
    () => 'it started',
    () => 'it gave up',
  )
  await gateway.close()
  expect(await started).toBe('it gave up')
})
