import { resolve } from 'node:path'
import { pathToFileURL } from 'node:url'
import { createNatsTransport } from '@portcullis/transport/nats'
import { loadWorkerModule } from './module.ts'

const USAGE = 'usage: NATS_URL=nats://localhost:4222 portcullis-worker <module.js>'

const [file] = process.argv.slice(2)
if (file === undefined || process.argv.length > 3) {
  console.error(USAGE)
  process.exit(2)
}

const url = process.env['NATS_URL'] ?? 'nats://localhost:4222'
const transport = createNatsTransport({ servers: url.split(','), name: 'portcullis-worker' })
try {
  const worker = await loadWorkerModule(pathToFileURL(resolve(file)).href, { transport })
  const stop = (): void => {
    // A second signal does not wait.
    for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => process.exit(1))
    void worker
      .drain()
      .then(() => transport.close())
      .then(() => process.exit(0))
  }
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.once(signal, stop)
  transport.onStatus(({ state, error }) => {
    console.error(`portcullis-worker: ${state}${error ? ` (${error.message})` : ''}`)
  })
  void transport.closed.then((error) => {
    if (!error) return
    console.error(`portcullis-worker: ${error.message}`)
    process.exit(1)
  })
  await worker.start()
  console.error(`portcullis-worker: ${file} is running`)
} catch (error) {
  console.error(`portcullis-worker: ${(error as Error).message}`)
  process.exit(1)
}
