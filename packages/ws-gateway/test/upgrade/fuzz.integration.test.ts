import { randomBytes } from 'node:crypto'
import fc from 'fast-check'
import { expect, test, vi } from 'vitest'
import { frame, handshake, KEY, RawPeer } from '../support/raw-peer.ts'
import { startGateway } from '../support/start-gateway.ts'
import { TestClient } from '../support/test-client.ts'

const CASES = 1500

const text = fc.string({
  unit: fc.constantFrom(...'% / ? # : @ . * > ; , = & \\ a b A B 0 9 - _ ~ " \t'.split(' '), ' '),
  maxLength: 40,
})
const target = fc.oneof(
  { weight: 8, arbitrary: fc.constant('/ws') },
  text,
  text.map((rest) => `/ws${rest}`),
  text.map((rest) => `//${rest}`),
  text.map((rest) => `http://127.0.0.1/ws${rest}`),
  fc.constantFrom(
    '/ws',
    '/',
    '*',
    '/%',
    '/%zz',
    '/%00',
    '/ws?token=%',
    '/ws?token=%ff%fe',
    '/ws?%',
    '/\u00ff',
    '/ws?token=a&token=b',
    '/..%2fws',
  ),
)
const value = fc.oneof(
  text,
  fc.constantFrom(
    '',
    '13',
    '8',
    '13, 8',
    '-1',
    '1e1',
    KEY,
    `${KEY}, ${KEY}`,
    'websocket',
    'WEBSOCKET, h2c',
    'bearer.',
    'bearer.a.b.c',
    'bearer.x,portcullis.v1',
    ',',
    'permessage-deflate; client_max_window_bits=99',
    'permessage-deflate',
    'Bearer ',
    'Bearer a',
    'Basic a',
    'null',
    'https://[',
    'http://a/b',
    'chunked',
    '5',
    '\u00e9\u00ff',
  ),
  fc.integer({ min: 1, max: 80_000 }).map((length) => 'x'.repeat(length)),
)
const name = fc.constantFrom(
  'Host',
  'Upgrade',
  'Connection',
  'Sec-WebSocket-Key',
  'Sec-WebSocket-Version',
  'Sec-WebSocket-Protocol',
  'Sec-WebSocket-Extensions',
  'Origin',
  'Authorization',
  'Content-Length',
  'Transfer-Encoding',
  'Expect',
  'X-Any',
)
const attempt = fc.record({
  requestLine: fc.tuple(
    fc.constantFrom('GET', 'GET', 'GET', 'POST', 'CONNECT', 'get'),
    target,
    fc.constantFrom('1.1', '1.1', '1.1', '1.0', '2.0', '9'),
  ),
  changes: fc.oneof(
    fc.dictionary(name, fc.option(value, { nil: undefined }), { maxKeys: 3 }),
    // Sound but for one header that comes late in the checks.
    fc.record({ Origin: value }),
    fc.record({ Authorization: fc.oneof(value, fc.constantFrom('Bearer ', 'Bearer a b', 'bearer \u00ff')) }),
    fc.record({ 'Sec-WebSocket-Protocol': value }),
  ),
  tail: fc.constantFrom('nothing', 'frames', 'garbage', 'a request', 'a long tail'),
  cutAt: fc.option(fc.nat(400), { freq: 8 }),
})

const TAILS: Record<string, () => string | Buffer> = {
  nothing: () => '',
  frames: () => frame('{"type":"ping"}'),
  garbage: () => randomBytes(300),
  'a request': () => handshake(),
  'a long tail': () => Buffer.alloc(200_000, 0x61),
}

test('no upgrade, however broken, leaves a socket behind or disturbs a good client', async () => {
  await using system = await startGateway({ connectRatePerAddress: 1_000_000 })
  const faults: unknown[] = []
  const onFault = (fault: unknown): unknown => faults.push(fault)
  process.on('unhandledRejection', onFault).on('uncaughtExceptionMonitor', onFault)
  const bystander = await TestClient.welcomed(system.url)
  const statuses = new Map<string, number>()

  const run = async ({
    requestLine: [method, path, version],
    changes,
    tail,
    cutAt,
  }: (typeof samples)[number]): Promise<void> => {
    const peer = await RawPeer.connect(system.port)
    const bytes = Buffer.concat([
      Buffer.from(handshake(changes, `${method} ${path} HTTP/${version}`), 'latin1'),
      Buffer.from(TAILS[tail]!() as Buffer),
    ])
    if (cutAt === null) {
      peer.socket.write(bytes)
      // An answer, or an end: a request that is not whole waits for more.
      const answer = await Promise.race([
        peer.head(),
        peer.closed,
        new Promise((resolve) => setTimeout(resolve, 150)),
      ])
      const status = typeof answer === 'string' ? answer.slice(0, 12) : 'none'
      statuses.set(status, (statuses.get(status) ?? 0) + 1)
    } else {
      peer.socket.end(bytes.subarray(0, cutAt))
    }
    peer.socket.destroy()
    await peer.closed
  }
  const samples = fc.sample(attempt, { numRuns: CASES, seed: 4 })
  for (let at = 0; at < samples.length; at += 50) await Promise.all(samples.slice(at, at + 50).map(run))

  bystander.send({ type: 'ping' })
  expect(await bystander.json()).toEqual({ type: 'pong' })
  await bystander.close()
  await vi.waitFor(() => expect(system.gateway.stats()).toMatchObject({ connections: 0, sessions: 0 }), {
    timeout: 3000,
  })
  await (await TestClient.welcomed(system.url)).close()
  const open = await new Promise<number>((resolve) =>
    system.server.getConnections((_error, count) => resolve(count)),
  )
  expect(open).toBeLessThanOrEqual(1)
  process.off('unhandledRejection', onFault).off('uncaughtExceptionMonitor', onFault)
  expect(faults).toEqual([])
  // The cases were worth their while: they reached the steps behind the first.
  expect([...statuses.keys()]).toEqual(
    expect.arrayContaining(['HTTP/1.1 101', 'HTTP/1.1 400', 'HTTP/1.1 401', 'HTTP/1.1 403', 'HTTP/1.1 404']),
  )
  expect([...statuses.keys()]).not.toContain('HTTP/1.1 500')
})
