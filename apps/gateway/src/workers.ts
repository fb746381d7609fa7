import { resolve } from 'node:path'
import { pathToFileURL } from 'node:url'
import type { Transport } from '@portcullis/transport'
import { loadWorkerModule, type Worker, type WorkerLogger } from '@portcullis/worker'

/** Starts the workers that live in this process, because the embedded engine does. */
export async function startWorkers(
  files: readonly string[],
  transport: Transport,
  logger: WorkerLogger,
): Promise<Worker[]> {
  if (transport.engine !== 'embedded') {
    if (files.length > 0) {
      logger.info(
        { files },
        'with NATS_URL set workers run as processes of their own: portcullis-worker <module>',
      )
    }
    return []
  }
  const workers: Worker[] = []
  for (const file of files) {
    const worker = await load(file, transport)
    await worker.start()
    workers.push(worker)
    logger.info({ file }, 'worker started')
  }
  return workers
}

async function load(file: string, transport: Transport): Promise<Worker> {
  try {
    return await loadWorkerModule(pathToFileURL(resolve(file)).href, { transport })
  } catch (cause) {
    throw new Error(`WORKER_MODULES: ${file}: ${(cause as Error).message}`, { cause })
  }
}
