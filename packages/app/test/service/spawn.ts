import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'

/** A running fixture: its output so far, and ways to wait for more. */
export interface Spawned extends AsyncDisposable {
  readonly child: ChildProcess
  stdout: string
  stderr: string
  /** Waits until the standard output contains `text`. */
  said(text: string): Promise<void>
  /** Waits for the end: the exit code, or the name of the signal that ended it. */
  ended: Promise<number | string>
}

const TSX = ['--conditions=@portcullis/source', '--import', 'tsx']

export function spawnFixture(env: Record<string, string>): Spawned {
  return watch(spawn(process.execPath, [...TSX, fixturePath], { env: { ...process.env, ...env } }))
}

/** Runs the fixture below a shell below a shell; `child` is the outer one. Both wait for what they started. */
export function spawnGrandchild(env: Record<string, string>): Spawned {
  const command = [process.execPath, ...TSX, fixturePath].map((part) => `'${part}'`).join(' ')
  return watch(spawn('sh', ['-c', `sh -c "${command}; true"; true`], { env: { ...process.env, ...env } }))
}

const fixturePath = fileURLToPath(new URL('./fixture.ts', import.meta.url))

function watch(child: ChildProcess): Spawned {
  const spawned: Spawned = {
    child,
    stdout: '',
    stderr: '',
    async said(text) {
      while (!spawned.stdout.includes(text)) {
        const ended = await Promise.race([
          once(child.stdout!, 'data').then(() => false),
          spawned.ended.then(() => true),
        ])
        if (ended && !spawned.stdout.includes(text))
          throw new Error(`ended without saying ${text}: ${spawned.stderr}`)
      }
    },
    ended: once(child, 'close').then(([code, signal]) => (code ?? signal) as number | string),
    async [Symbol.asyncDispose]() {
      child.kill('SIGKILL')
      await spawned.ended
    },
  }
  child.stdout!.on('data', (chunk: Buffer) => (spawned.stdout += String(chunk)))
  child.stderr!.on('data', (chunk: Buffer) => (spawned.stderr += String(chunk)))
  return spawned
}
