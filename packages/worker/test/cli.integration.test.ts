import {
  freePort,
  type NatsServer,
  type RunningProcess,
  startNatsServer,
  startProcess,
} from '@portcullis/test-servers'
import { createNatsTransport } from '@portcullis/transport/nats'
import { connect } from 'node:net'
import { fileURLToPath } from 'node:url'
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest'
import { Relay } from './support/relay.ts'

const ROOT = fileURLToPath(new URL('../../..', import.meta.url))
const CLI = fileURLToPath(new URL('../src/cli.ts', import.meta.url))
const fixture = (name: string): string => fileURLToPath(new URL(`fixtures/${name}`, import.meta.url))

let server: NatsServer
const running: RunningProcess[] = []
beforeAll(async () => {
  server = await startNatsServer()
})
afterEach(() => Promise.all(running.splice(0).map((cli) => cli.kill())))
afterAll(() => server[Symbol.asyncDispose]())

/** The command, run from its sources. */
async function startCli(
  args: string[],
  env: Record<string, string> = { NATS_URL: server.url },
): Promise<RunningProcess> {
  const cli = await startProcess({
    args: ['--conditions=@portcullis/source', '--import', 'tsx', CLI, ...args],
    cwd: ROOT,
    env,
  })
  running.push(cli)
  return cli
}

/** One request in NATS's own words; this package knows no client of it. */
async function request(port: number, subject: string, body: string): Promise<string> {
  const socket = connect(port, '127.0.0.1')
  socket.write(
    `CONNECT {"verbose":false}\r\nSUB answer 1\r\nPUB ${subject} answer ${body.length}\r\n${body}\r\n`,
  )
  let text = ''
  for await (const chunk of socket.setEncoding('utf8')) {
    text += chunk as string
    if (/MSG answer .*\r\n.*\r\n/.test(text)) break
  }
  socket.destroy()
  return text
}

const lines = (cli: RunningProcess): string[] => cli.output().split('\n').filter(Boolean)

test.each([[[]], [['a.js', 'b.js']]])(
  'with the arguments %j it says how to use it and ends with 2',
  async (args) => {
    const cli = await startCli(args)
    expect(await cli.exited).toEqual({ code: 2, signal: null })
    expect(lines(cli)).toEqual(['usage: NATS_URL=nats://localhost:4222 portcullis-worker <module.js>'])
  },
)

test.each([
  ['missing.js', /^portcullis-worker: Cannot find module/],
  ['throws.js', /^portcullis-worker: broken on purpose$/],
  ['no-default.js', /^portcullis-worker: the worker module \S+ must export a function/],
  ['no-worker.js', /^portcullis-worker: the worker module \S+ made no worker$/],
])('with the module %s it ends with 1 and one line', async (name, line) => {
  const cli = await startCli([fixture(name)])
  expect(await cli.exited).toEqual({ code: 1, signal: null })
  expect(lines(cli)).toEqual([expect.stringMatching(line)])
})

test.each([
  ['NATS_STORAGE', 'disk', 'must be file or memory'],
  ['NATS_STREAM_DRIFT', 'ignore', 'must be update or report or fail'],
  ['NATS_CREDS_FILE', 'nowhere.creds', 'nowhere.creds cannot be read'],
])('with %s=%s it ends with 1 and names the variable', async (name, value, problem) => {
  const cli = await startCli([fixture('echo.js')], { [name]: value })
  expect(await cli.exited).toEqual({ code: 1, signal: null })
  expect(lines(cli)).toEqual([`portcullis-worker: ${name}: ${problem}`])
})

test('with a stream that cannot work it ends with 1 and says so once', async () => {
  await using own = await startNatsServer()
  // Whatever a stream of this name holds elsewhere, no work queue.
  const info = await request(
    own.port,
    '$JS.API.STREAM.CREATE.INBOUND',
    '{"name":"INBOUND","subjects":["inbound.>"],"storage":"memory","retention":"limits"}',
  )
  expect(info).toContain('"name":"INBOUND"')
  const cli = await startCli([fixture('echo.js')], { NATS_URL: own.url })
  expect(await cli.exited).toEqual({ code: 1, signal: null })
  expect(lines(cli).filter((line) => /stream INBOUND: .*retention is "limits"/.test(line))).toHaveLength(1)
})

test('it handles messages, and on SIGTERM finishes the one that runs and ends with 0', async () => {
  const relay = await new Relay(createNatsTransport({ servers: server.url, leaseMs: 1000 })).start()
  const cli = await startCli([fixture('echo.js')])
  await cli.waitForOutput(/echo\.js is running/)
  await relay.say({ text: 'hi' })
  expect(await relay.replies(1)).toEqual([{ echo: { text: 'hi' } }])
  await relay.say({ waitMs: 300 })
  await relay.say({ text: 'not begun' })
  await cli.waitForOutput(/handling/)
  expect(await cli.stop('SIGTERM')).toEqual({ code: 0, signal: null })
  expect(await relay.replies(2)).toEqual([{ echo: { text: 'hi' } }, { echo: { waitMs: 300 } }])
  // The rest is the next worker's, at once.
  const next = await startCli([fixture('echo.js')])
  expect((await relay.replies(3))[2]).toEqual({ echo: { text: 'not begun' } })
  await next.stop('SIGINT')
})

test('while NATS is down it waits, and on SIGTERM ends with 0', async () => {
  const cli = await startCli([fixture('echo.js')], { NATS_URL: `nats://127.0.0.1:${await freePort()}` })
  await cli.waitForOutput(/portcullis-worker: disconnected \(/)
  expect(await cli.stop('SIGTERM')).toEqual({ code: 0, signal: null })
})

test('when NATS went down it waits, and on SIGTERM ends with 0', async () => {
  await using own = await startNatsServer()
  const cli = await startCli([fixture('echo.js')], { NATS_URL: own.url })
  await cli.waitForOutput(/is running/)
  await own.kill()
  await cli.waitForOutput(/portcullis-worker: disconnected/)
  expect(await cli.stop('SIGTERM')).toEqual({ code: 0, signal: null })
})
