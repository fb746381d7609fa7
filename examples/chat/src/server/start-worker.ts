import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'

/** A worker process. */
export interface WorkerProcess extends AsyncDisposable {
  /** Resolves with what ended it, when nobody asked for it. */
  readonly died: Promise<string>
}

/** Runs the example's worker as `portcullis-worker dist/worker.js`. It reads `NATS_URL` from our environment. */
export function startWorker(): WorkerProcess {
  const command = fileURLToPath(
    new URL('bin/portcullis-worker.js', import.meta.resolve('@portcullis/worker/package.json')),
  )
  const module = fileURLToPath(new URL('worker.js', import.meta.url))
  const child = spawn(process.execPath, [command, module], { stdio: 'inherit' })
  const ended = once(child, 'exit') as Promise<[number | null, string | null]>
  let stopping = false
  return {
    died: new Promise((resolve) => {
      void ended.then(([code, signal]) => {
        if (!stopping) resolve(signal ?? `exit code ${code}`)
      })
    }),
    async [Symbol.asyncDispose]() {
      stopping = true
      child.kill('SIGTERM')
      await ended
    },
  }
}
