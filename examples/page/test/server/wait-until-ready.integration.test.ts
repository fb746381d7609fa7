import { once } from 'node:events'
import { createServer } from 'node:http'
import { freePort } from '@portcullis/test-servers'
import { expect, test } from 'vitest'
import { waitUntilReady } from '../../src/server/wait-until-ready.ts'

test('it waits for a service that does not listen yet, and then is not ready yet', async () => {
  const port = await freePort()
  const asked: string[] = []
  const server = createServer((request, response) => {
    asked.push(request.url ?? '')
    response.writeHead(asked.length < 3 ? 503 : 200).end()
  })
  const ready = waitUntilReady(`ws://localhost:${port}/gw`, new AbortController().signal)
  server.listen(port, '127.0.0.1')
  await once(server, 'listening')
  try {
    await ready
    expect(asked).toEqual(['/health/ready', '/health/ready', '/health/ready'])
  } finally {
    server.close()
    server.closeAllConnections()
  }
})

test('it ends when nobody wants to know any more', async () => {
  const abort = new AbortController()
  const ready = waitUntilReady(`http://localhost:${await freePort()}`, abort.signal)
  abort.abort()
  await expect(ready).rejects.toThrow(/abort/i)
})
