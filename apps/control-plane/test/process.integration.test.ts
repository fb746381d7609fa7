import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'

const ENTRY = fileURLToPath(new URL('../src/index.ts', import.meta.url))
const TSX = import.meta.resolve('tsx')

interface Process extends AsyncDisposable {
  output: string
  readonly url: Promise<string>
  readonly ended: Promise<number>
  stop(): void
}

let folder: string
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'portcullis-control-plane-'))
})
afterAll(async () => rm(folder, { recursive: true }))

/** Starts a process with these variables, in a folder of its own unless told where. */
function start(env: Record<string, string>, cwd: string = folder): Process {
  const { PATH = '' } = process.env
  const child = spawn(process.execPath, ['--conditions=@portcullis/source', '--import', TSX, ENTRY], {
    cwd,
    env: { PATH, PORT: '0', HOST: '127.0.0.1', ...env },
  })
  const ended = once(child, 'close').then(([code]) => code as number)
  let announce: (url: string) => void
  const running: Process = {
    output: '',
    url: new Promise((resolve) => {
      announce = resolve
    }),
    ended,
    stop: () => child.kill('SIGTERM'),
    async [Symbol.asyncDispose]() {
      child.kill('SIGKILL')
      await ended
    },
  }
  const collect = (chunk: Buffer): void => {
    running.output += String(chunk)
    const url = /listening at (http:\/\/[\d.:]+)/i.exec(running.output)?.[1]
    if (url !== undefined) announce(url)
  }
  child.stdout.on('data', collect)
  child.stderr.on('data', collect)
  return running
}

describe('the process', () => {
  test('starts on nothing but defaults, says how to set it up, and stops gracefully', async () => {
    await using first = start({})
    const url = await first.url
    expect(await (await fetch(`${url}/health/ready`)).json()).toEqual({ ok: true })
    await expect
      .poll(() => first.output, { timeout: 20_000 })
      .toMatch(/^ {2}http:\/\/localhost:\d+\/setup#[\w-]{43}$/m)
    const logged = first.output.split('\n').filter((line) => line.startsWith('{'))
    expect(logged.join('\n')).not.toContain('/setup#')
    first.stop()
    expect(await first.ended).toBe(0)
  }, 90_000)

  test('with variables that do not fit exits with 1 and names them, and no value', async () => {
    await using app = start({ NODE_ENV: 'production', PORT: '70000', REGISTRY_SECRET_KEY: 'HIDDEN' })
    expect(await app.ended).toBe(1)
    for (const name of ['PORT', 'REGISTRY_SECRET_KEY']) expect(app.output).toContain(`${name}: must be `)
    expect(app.output).not.toContain('HIDDEN')
    expect(app.output).not.toContain('    at ')
  })
})
