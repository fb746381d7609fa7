import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { text } from 'node:stream/consumers'
import { fileURLToPath } from 'node:url'
import { expect, test } from 'vitest'

const BIN = fileURLToPath(new URL('../src/bin.ts', import.meta.url))
const ARGUMENTS = ['--conditions=@portcullis/source', '--import', import.meta.resolve('tsx'), BIN]

test('the program reads stdin, writes both streams, and exits with the code of its command', async () => {
  const child = spawn(process.execPath, [...ARGUMENTS, 'token', 'inspect', '-'], { env: {} })
  child.stdin.end('pck_0123456789abcdef_key\n')
  const [stdout, stderr, [code]] = await Promise.all([
    text(child.stdout),
    text(child.stderr),
    once(child, 'close'),
  ])
  expect({ stdout, stderr, code }).toEqual({
    stdout: '',
    stderr: 'error: this is no JWT: it is an API key of the control plane (ERR_CLI_TOKEN)\n',
    code: 1,
  })
})

test('a signal ends a command that waits, and a reader who goes away is no error', async () => {
  const waiting = spawn(process.execPath, [...ARGUMENTS, 'token', 'inspect', '-'], { env: {} })
  const closed = once(waiting, 'close')
  const help = spawn(process.execPath, [...ARGUMENTS, '--help'], { env: {} })
  help.stdout.destroy()
  const [stderr, [helpCode]] = await Promise.all([text(help.stderr), once(help, 'close')])
  expect([stderr, helpCode]).toEqual(['', 0])
  // By the time the other one has ended this one has been waiting for its input.
  waiting.kill('SIGINT')
  expect([130, null]).toContain((await closed)[0])
})
