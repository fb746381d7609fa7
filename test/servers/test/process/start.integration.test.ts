import { existsSync, readFileSync } from 'node:fs'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { freePort, startProcess } from '../../src/index.ts'
import { tempFolder } from '../fixtures/temp-folder.ts'

const START = join(import.meta.dirname, '../../src/process/start.ts')

/** A killed process that nobody has waited for yet does not count. */
function isAlive(pid: number): boolean {
  try {
    return !/^State:\s+Z/m.test(readFileSync(`/proc/${pid}/status`, 'utf8'))
  } catch {
    return false
  }
}

test('is ready when the URL answers, with only the environment it was given', async () => {
  process.env.SECRET_OF_THE_TEST_RUN = 'leaks'
  const port = await freePort()
  const source = `require('node:http').createServer((_, res) => res.end(JSON.stringify(process.env))).listen(process.env.PORT)`
  const url = `http://127.0.0.1:${port}/`
  await using _server = await startProcess({
    args: ['-e', source],
    env: { PORT: String(port) },
    readyWhen: url,
  })
  const env = (await (await fetch(url)).json()) as Record<string, string>
  expect(env.PORT).toBe(String(port))
  expect(env.PATH).toBe(process.env.PATH)
  expect(env.SECRET_OF_THE_TEST_RUN).toBeUndefined()
})

test('runs a module and is ready when a line shows', async () => {
  await using folder = await tempFolder()
  const module = join(folder.path, 'app.mjs')
  await writeFile(module, `console.log('up', process.argv[2]); setTimeout(() => console.error('later'), 50)`)
  await using app = await startProcess({ module, args: ['x'], readyWhen: /^up (.)$/m })
  await app.waitForOutput(/later/)
  expect(await app.exited).toEqual({ code: 0, signal: null })
  expect(app.output()).toBe('up x\nlater\n')
})

test('rejects with the output when the process ends first', async () => {
  const started = startProcess({
    args: ['-e', `console.error('PORT is wrong'); process.exit(3)`],
    readyWhen: /ready/,
  })
  await expect(started).rejects.toThrow(/ended \(exit code 3\); its output:\nPORT is wrong/)
})

test('rejects, and kills the process, when it is not ready in time', async () => {
  const args = ['-e', `console.log('pid', process.pid); setInterval(() => {}, 1000)`]
  const error = await startProcess({ args, readyWhen: /ready/, timeoutMs: 500 }).catch(
    (reason: unknown) => reason,
  )
  expect(String(error)).toMatch(/not ready within 500 ms \(\/ready\/\); its output:\npid \d+/)
  await expect.poll(() => isAlive(Number(/pid (\d+)/.exec(String(error))?.[1]))).toBe(false)
})

test('rejects when the program does not exist', async () => {
  await expect(startProcess({ command: 'no-such-program' })).rejects.toThrow('ENOENT')
})

test('stop ends the whole group, and kills what ignores the signal', async () => {
  const child = `process.on('SIGTERM', () => {}); console.log('child', process.pid); setInterval(() => {}, 1000)`
  const source = `require('node:child_process').spawn(process.execPath, ['-e', ${JSON.stringify(child)}], { stdio: 'inherit' })`
  await using parent = await startProcess({ args: ['-e', source], readyWhen: /child \d+/ })
  const pid = Number(/child (\d+)/.exec(parent.output())?.[1])
  expect(await parent.stop('SIGTERM', 300)).toEqual({ code: null, signal: 'SIGTERM' })
  await expect.poll(() => isAlive(pid)).toBe(false)
})

test('a process and its folder do not outlive a test process that was killed', async () => {
  await using folder = await tempFolder()
  const owned = join(folder.path, 'owned')
  const script = join(folder.path, 'killed.mts')
  await writeFile(
    script,
    `import { mkdirSync } from 'node:fs'
     import { startProcess } from ${JSON.stringify(START)}
     mkdirSync(${JSON.stringify(owned)})
     const app = await startProcess({ command: 'sleep', args: ['60'], ownedFolder: ${JSON.stringify(owned)} })
     console.log('child', app.pid)
     process.kill(process.pid, 'SIGKILL')`,
  )
  const args = ['--import', import.meta.resolve('tsx'), script]
  await using parent = await startProcess({ args, readyWhen: /child \d+/ })
  const pid = Number(/child (\d+)/.exec(parent.output())?.[1])
  await expect.poll(() => existsSync(owned), { timeout: 5000 }).toBe(false)
  await expect.poll(() => isAlive(pid), { timeout: 5000 }).toBe(false)
})
