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

const servers = (process.env['NATS_URL'] ?? 'nats://localhost:4222').split(',')
const transport = createNatsTransport({ servers, name: 'portcullis-worker' })
let isStopping = false
try {
  const worker = await loadWorkerModule(pathToFileURL(resolve(file)).href, { transport })
  const stop = (): void => {
    // A second signal does not wait.
    if (isStopping) process.exit(1)
    isStopping = true
    void worker
      .drain()
      .then(() => transport.drain())
      .then(() => process.exit(0))
  }
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, stop)
  transport.onStatus(({ state, error }) => {
    if (state !== 'closed') console.error(`portcullis-worker: ${state}${error ? ` (${error.message})` : ''}`)
  })
  void transport.closed.then((error) => {
    if (error) fail(error)
  })
  await worker.start()
  console.error(`portcullis-worker: ${file} is running`)
} catch (error) {
  // Draining ends a start that still waits for NATS.
  if (!isStopping) fail(error)
}

function fail(error: unknown): never {
  console.error(`portcullis-worker: ${error instanceof Error ? error.message : String(error)}`)
  process.exit(1)
}
