import type { Transport } from '@portcullis/transport'
import type { Worker } from './worker.ts'

/** What a worker module is given. */
export interface WorkerModuleContext {
  transport: Transport
}

/**
 * The default export of a worker module: makes a worker, does not start it. The same module runs inside a gateway with
 * the embedded engine and in a process of its own (`portcullis-worker`) with NATS.
 */
export type WorkerModule = (context: WorkerModuleContext) => Worker | Promise<Worker>

/**
 * Loads a worker module and makes its worker.
 *
 * @param url `file:` URL or bare specifier of the module
 * @throws TypeError when the module has no function as default export, or it makes no worker
 */
export async function loadWorkerModule(url: string, context: WorkerModuleContext): Promise<Worker> {
  const loaded = (await import(url)) as { default?: unknown }
  if (typeof loaded.default !== 'function') {
    throw new TypeError(
      `the worker module ${url} must export a function ({ transport }) => worker as default`,
    )
  }
  const worker = await (loaded.default as WorkerModule)(context)
  if (typeof worker?.start !== 'function') throw new TypeError(`the worker module ${url} made no worker`)
  return worker
}
