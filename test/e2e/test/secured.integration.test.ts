import { expect, test } from 'vitest'
import { RawClient } from '../src/raw-client.ts'
import { startSystem } from '../src/system.ts'

test('the apps run on a NATS that gives each of them what it needs and nothing else', async () => {
  await using system = await startSystem({ secured: true })
  const worker = await system.startWorker('two')
  const client = await RawClient.open(system.url(0, 'two'), { protocols: ['portcullis.v1'] })
  client.send({ actor: 'counter', actorId: 'a', n: 1 })
  expect(await client.frame({ type: 'message' })).toMatchObject({ message: { n: 1 } })
  client.socket.close()
  for (const process of [worker, ...system.gateways.map((gateway) => gateway.process)]) {
    expect(process.output()).not.toMatch(/permission|change-me/i)
  }
})
