import { once } from 'node:events'
import { connect } from 'node:net'
import { fileURLToPath } from 'node:url'
import { freePort, type RunningProcess, startProcess } from '@portcullis/test-servers'
import { describe, expect, test } from 'vitest'

const APP = fileURLToPath(new URL('../dist/index.js', import.meta.url))

async function start(
  env: Record<string, string> = {},
): Promise<{ app: RunningProcess; url: string; port: number }> {
  const port = await freePort()
  const url = `http://127.0.0.1:${port}`
  const app = await startProcess({
    module: APP,
    env: { PORT: String(port), AUTH_STORE: 'memory', ...env },
    readyWhen: `${url}/health`,
  })
  return { app, url, port }
}

test('with nothing installed it starts on the embedded engine and answers its routes', async () => {
  const { app, url } = await start()
  await using _stopped = app
  expect(await (await fetch(`${url}/health`)).json()).toEqual({ ok: true })
  expect(await (await fetch(`${url}/health/live`)).json()).toEqual({ ok: true })
  expect(await (await fetch(`${url}/health/ready`)).json()).toMatchObject({
    ok: true,
    transport: { engine: 'embedded', state: 'connected' },
  })
  const metrics = await fetch(`${url}/metrics`)
  expect(metrics.headers.get('content-type')).toContain('text/plain')
  expect(await metrics.text()).toMatch(/^portcullis_sessions 0$/m)
  expect((await fetch(`${url}/other`)).status).toBe(404)
})

test('answers no cross-origin request with an allowance', async () => {
  const { app, url } = await start()
  await using _stopped = app
  const answer = await fetch(`${url}/health`, { headers: { origin: 'https://evil.example' } })
  expect(answer.headers.get('access-control-allow-origin')).toBeNull()
})

test('a token in a URL reaches no log', async () => {
  const { app, url } = await start({ LOG_LEVEL: 'trace' })
  for (const query of ['token=HIDDEN', 'access_token=HIDDEN', 'access%5Ftoken=HIDDEN', 'x=1;token=HIDDEN']) {
    await fetch(`${url}/other?${query}`)
  }
  await app.stop()
  expect(app.output()).toContain('/other')
  expect(app.output()).not.toContain('HIDDEN')
})

test('a client that sends its headers byte by byte is dropped within 10 s', async () => {
  const { app, port } = await start()
  await using _stopped = app
  const socket = connect(port, '127.0.0.1')
  socket.on('error', () => undefined)
  await once(socket, 'connect')
  socket.write('GET /ws HTTP/1.1\r\nHost: localhost\r\n')
  const drip = setInterval(() => socket.write('x'), 500)
  // Reading is what lets the end be seen.
  socket.resume()
  // With time for a machine that is busy.
  await once(socket, 'close', { signal: AbortSignal.timeout(20_000) })
  clearInterval(drip)
})

test('SIGTERM stops it with exit code 0', async () => {
  const { app } = await start()
  expect(await app.stop('SIGTERM')).toEqual({ code: 0, signal: null })
})

describe('a start that cannot work ends with exit code 1 and one clear line', () => {
  test.each([
    ['a bad variable', { PORT: '70000' }, /PORT: must be a port/],
    ['production without a token', { NODE_ENV: 'production' }, /CONTROL_PLANE_INTERNAL_TOKEN: .*required/],
    ['a worker module that is not there', { WORKER_MODULES: 'nowhere.js' }, /WORKER_MODULES: nowhere\.js/],
    [
      'credentials that are not there',
      { NATS_URL: 'nats://localhost:4222', NATS_CREDS_FILE: 'nowhere.creds' },
      /NATS_CREDS_FILE: nowhere\.creds cannot be read/,
    ],
  ])('%s', async (_name, env, message) => {
    const app = await startProcess({ module: APP, env: { PORT: '0', AUTH_STORE: 'memory', ...env } })
    expect(await app.exited).toEqual({ code: 1, signal: null })
    expect(app.output()).toMatch(message)
    expect(app.output()).not.toContain('    at ')
  })

  test('a port that is taken', async () => {
    const { app, port } = await start()
    await using _stopped = app
    const second = await startProcess({ module: APP, env: { PORT: String(port), AUTH_STORE: 'memory' } })
    expect((await second.exited).code).toBe(1)
    expect(second.output()).toContain(`${port}`)
  })
})
