import { once } from 'node:events'
import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { PassThrough, Readable } from 'node:stream'
import { fileURLToPath, pathToFileURL } from 'node:url'
import { freePort } from '@portcullis/test-servers'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { run } from '../../src/index.ts'
import { cli, temporaryFolder } from '../support/cli.ts'

const APP = fileURLToPath(new URL('../fixtures/app.js', import.meta.url))

let folder: Awaited<ReturnType<typeof temporaryFolder>>
beforeEach(async () => {
  folder = await temporaryFolder()
})
afterEach(() => folder[Symbol.asyncDispose]())

/** Two apps as a clone of the repository has them. */
async function writeApps(root: string): Promise<void> {
  for (const name of ['control-plane', 'gateway']) {
    const dist = join(folder.path, root, 'apps', name, 'dist')
    await mkdir(dist, { recursive: true })
    await writeFile(
      join(dist, '..', 'package.json'),
      JSON.stringify({ name: `@portcullis/${name}`, type: 'module' }),
    )
    await writeFile(
      join(dist, 'index.js'),
      `process.env.NAME = '${name}'\nawait import('${pathToFileURL(APP).href}')\n`,
    )
  }
}

interface Running {
  /** What was written so far. */
  output(): string
  until(pattern: RegExp): Promise<void>
  stop(): Promise<number>
  exitCode: Promise<number>
  ports: { gateway: number; controlPlane: number }
}

async function start(argv: readonly string[], env: Record<string, string> = {}): Promise<Running> {
  const stopped = new AbortController()
  const ports = { gateway: await freePort(), controlPlane: await freePort() }
  let text = ''
  const stream = new PassThrough()
  stream.setEncoding('utf8').on('data', (chunk: string) => {
    text += chunk
  })
  const all = [...argv, '--port', String(ports.gateway), '--control-plane-port', String(ports.controlPlane)]
  const exitCode = run(['dev', ...all], {
    stdin: Readable.from([]),
    stdout: stream,
    stderr: stream,
    env,
    cwd: folder.path,
    signal: stopped.signal,
  })
  return {
    output: () => text,
    async until(pattern) {
      while (!pattern.test(text)) await once(stream, 'data', { signal: AbortSignal.timeout(20_000) })
    },
    async stop() {
      stopped.abort()
      return exitCode
    },
    exitCode,
    ports,
  }
}

async function isGone(port: number): Promise<boolean> {
  return fetch(`http://127.0.0.1:${port}/`).then(
    () => false,
    () => true,
  )
}

describe('dev', () => {
  test('starts the control plane, then the gateway with the worker, and stops both once, the gateway first', async () => {
    await writeApps('clone')
    await writeFile(join(folder.path, 'worker.js'), '')
    await writeFile(join(folder.path, '.env'), 'FROM_FILE=yes\nDATA_DIR=data\n')
    const dev = await start(['--apps', 'clone'])
    await dev.until(/stop it with Ctrl-C/)
    const { gateway, controlPlane } = dev.ports
    expect(dev.output()).toContain(`control plane  http://localhost:${controlPlane}, its API at /docs`)
    expect(dev.output()).toContain(`ws://localhost:${gateway}/ws and /gw`)
    expect(dev.output()).toContain(
      `[gateway] gateway WORKER_MODULES=${join(folder.path, 'worker.js')} CONTROL_PLANE_URL=http://localhost:${controlPlane} DATA_DIR=${join('data', 'gateway')} EXIT_WITH_PARENT=1 FROM_FILE=yes`,
    )
    expect(dev.output()).toContain(
      `[control plane] control-plane WORKER_MODULES= CONTROL_PLANE_URL= DATA_DIR=${join('data', 'control-plane')}`,
    )
    expect(dev.output()).not.toContain('\u001b')
    expect(await isGone(gateway)).toBe(false)

    expect(await dev.stop()).toBe(0)
    expect(dev.output()).toMatch(/gateway ended in peace\n[^]*control-plane ended in peace\n$/)
    expect([await isGone(gateway), await isGone(controlPlane)]).toEqual([true, true])
  })

  test('an app that ends by itself takes the other one along, and is named', async () => {
    await writeApps('.')
    const dev = await start([])
    await dev.until(/stop it with Ctrl-C/)
    await fetch(`http://127.0.0.1:${dev.ports.controlPlane}/end`).catch(() => undefined)
    expect(await dev.exitCode).toBe(1)
    expect(dev.output()).toContain('error: the control plane ended by itself (exit 4) (ERR_CLI_APP_ENDED)')
    expect(await isGone(dev.ports.gateway)).toBe(true)
  })

  test('an app that does not start ends the start, and leaves nothing running', async () => {
    await writeApps('.')
    const dev = await start([], { FAIL: 'gateway' })
    expect(await dev.exitCode).toBe(1)
    expect(dev.output()).toContain('the gateway did not start; its own words are above (ERR_CLI_APP_ENDED)')
    expect(await isGone(dev.ports.controlPlane)).toBe(true)
  })

  test('it can be stopped while it starts', async () => {
    await writeApps('.')
    const dev = await start([])
    await dev.until(/\[control plane\]/)
    expect(await dev.stop()).toBe(0)
    expect([await isGone(dev.ports.gateway), await isGone(dev.ports.controlPlane)]).toEqual([true, true])
  })

  test('apps may be named one by one', async () => {
    const dev = await start(['--control-plane', APP, '--gateway', APP, '--worker', APP])
    await dev.until(/stop it with Ctrl-C/)
    expect(dev.output()).toContain(`WORKER_MODULES=${APP}`)
    expect(await dev.stop()).toBe(0)
  })
})

describe('without what it needs dev says what to do', () => {
  const dev = async (...argv: string[]): Promise<string> => {
    const { exitCode, stderr } = await cli(['dev', ...argv], { cwd: folder.path })
    expect(exitCode).toBe(1)
    return stderr
  }

  test('a folder without the app, an app that is not built, a module that is not there', async () => {
    await writeApps('clone')
    expect(await dev('--apps', 'nowhere')).toContain('is not the app control-plane (ERR_CLI_APPS)')
    await mkdir(join(folder.path, 'app'))
    await writeFile(join(folder.path, 'app', 'package.json'), '{"name":"@portcullis/gateway"}')
    expect(await dev('--apps', 'clone', '--gateway', 'app')).toContain('is not built: run npx')
    expect(await dev('--apps', 'clone', '--gateway', 'gone.js')).toContain(
      'gone.js does not exist (ERR_CLI_APPS)',
    )
    expect(await dev('--apps', 'clone', '--worker', 'gone.js')).toContain(
      'gone.js does not exist (ERR_CLI_FILE)',
    )
    expect(await dev('--env-file', 'gone.env')).toContain('gone.env does not exist (ERR_CLI_FILE)')
  })

  test('workers of their own, which NATS needs', async () => {
    await writeApps('clone')
    await writeFile(join(folder.path, 'worker.js'), '')
    const { exitCode, stderr } = await cli(['dev', '--apps', 'clone'], {
      cwd: folder.path,
      env: { NATS_URL: 'nats://localhost:4222' },
    })
    expect(exitCode).toBe(1)
    expect(stderr).toContain('need @portcullis/worker')
  })
})
