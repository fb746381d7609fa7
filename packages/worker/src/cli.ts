import { resolve } from 'node:path'
import { pathToFileURL } from 'node:url'
import { createNatsTransport } from '@portcullis/transport/nats'
import { readNatsEnvironment } from './internal/nats-environment.ts'
import { loadWorkerModule } from './module.ts'

const USAGE = 'usage: NATS_URL=nats://localhost:4222 portcullis-worker <module.js>'

const [file] = process.argv.slice(2)
if (file === undefined || process.argv.length > 3) {
  console.error(USAGE)
  process.exit(2)
}

let isStopping = false
try {
  const transport = createNatsTransport(readNatsEnvironment(process.env))
  const worker = await loadWorkerModule(pathToFileURL(resolve(file)).href, { transport })
  const stop = (): void => {
    // A second signal does not wait.
    if (isStopping) process.exit(1)
    isStopping = true
    void worker
      .drain()
      .then(() => transport.drain())
      .then(() => process.exit(0), fail)
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
