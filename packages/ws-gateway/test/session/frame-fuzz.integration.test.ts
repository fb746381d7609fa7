import { randomBytes } from 'node:crypto'
import { afterAll, beforeAll, expect, test, vi } from 'vitest'
import { frame, RawPeer } from '../support/raw-peer.ts'
import { type StartedGateway, startGateway } from '../support/start-gateway.ts'
import { TestClient } from '../support/test-client.ts'

let system: StartedGateway
const faults: unknown[] = []
const onFault = (fault: unknown): unknown => faults.push(fault)

beforeAll(async () => {
  process.on('unhandledRejection', onFault).on('uncaughtExceptionMonitor', onFault)
  system = await startGateway({ maxPayloadBytes: 1000, maxFragments: 8 })
})
afterAll(async () => {
  await vi.waitFor(() => expect(system.gateway.stats()).toMatchObject({ connections: 0, sessions: 0 }), {
    timeout: 5000,
  })
  await (await TestClient.welcomed(system.url)).close()
  await system[Symbol.asyncDispose]()
  process.off('unhandledRejection', onFault).off('uncaughtExceptionMonitor', onFault)
  expect(faults).toEqual([])
})

function close(code: number, reason = ''): Buffer {
  const payload = Buffer.alloc(2 + reason.length)
  payload.writeUInt16BE(code)
  payload.write(reason, 2)
  return frame(payload, { opcode: 8 })
}

const part = (payload: string, index: number, last: boolean): Buffer =>
  frame(payload, { opcode: index === 0 ? 1 : 0, fin: last })

test.each<[string, Buffer, number]>([
  ['an unmasked frame', frame('{}', { masked: false }), 1002],
  ['RSV1 without an extension', frame('{}', { rsv: 4 }), 1002],
  ['RSV2', frame('{}', { rsv: 2 }), 1002],
  ['RSV3', frame('{}', { rsv: 1 }), 1002],
  ...[3, 4, 5, 6, 7, 11, 12, 13, 14, 15].map((opcode): [string, Buffer, number] => [
    `opcode ${opcode}`,
    frame('{}', { opcode }),
    1002,
  ]),
  ['a ping of 126 bytes', frame('x'.repeat(126), { opcode: 9 }), 1002],
  ['a fragmented ping', frame('x', { opcode: 9, fin: false }), 1002],
  ['a continuation of nothing', frame('x', { opcode: 0 }), 1002],
  ['a message inside a message', Buffer.concat([part('{', 0, false), frame('{}')]), 1002],
  ['bad UTF-8', frame(Buffer.from([0x22, 0xff, 0xfe, 0x22])), 1007],
  ['UTF-8 that is cut', frame(Buffer.from([0x22, 0xc3])), 1007],
  ['an encoded surrogate', frame(Buffer.from([0xed, 0xa0, 0x80])), 1007],
  ['bad UTF-8 in a close reason', frame(Buffer.from([3, 232, 0xff]), { opcode: 8 }), 1007],
  ['a close frame of one byte', frame('x', { opcode: 8 }), 1002],
  ...[0, 999, 1004, 1005, 1006, 1015, 1016, 2999, 5000, 65_535].map((code): [string, Buffer, number] => [
    `close code ${code}`,
    close(code),
    1002,
  ]),
  ['an oversize frame', frame('x'.repeat(1001)), 1009],
  ['the promise of a huge frame', frame('', { length: 0x7fffffff }), 1009],
  [
    'an oversize message in fragments',
    Buffer.concat([0, 1, 2].map((index) => part('x'.repeat(400), index, index === 2))),
    1009,
  ],
  [
    'too many fragments',
    Buffer.concat(Array.from({ length: 9 }, (_, index) => part('x', index, index === 8))),
    1008,
  ],
])('%s ends the connection with its code, and nothing else', async (_what, bytes, code) => {
  const peer = await RawPeer.upgraded(system.port, { 'Sec-WebSocket-Protocol': 'portcullis.plain' })
  peer.socket.write(bytes)
  expect(await peer.closeCode()).toBe(code)
})

test.each([1000, 1001, 1003, 3000, 4999])('close code %i is echoed', async (code) => {
  const peer = await RawPeer.upgraded(system.port)
  peer.socket.write(close(code, 'bye'))
  expect(await peer.closeCode()).toBe(code)
})

test('what is as large as allowed, in as many fragments as allowed, is taken', async () => {
  const peer = await RawPeer.upgraded(system.port, { 'Sec-WebSocket-Protocol': 'portcullis.v1' })
  const ping = '{"type":"ping"}'.padEnd(1000)
  const size = 125
  peer.socket.write(
    Buffer.concat(
      Array.from({ length: 8 }, (_, index) =>
        part(ping.slice(index * size, (index + 1) * size), index, index === 7),
      ),
    ),
  )
  await vi.waitFor(() => expect(peer.received.toString()).toContain('{"type":"pong"}'))
  peer.socket.destroy()
})

test('an oversize frame is closed with 1009 before the rest of it has come', async () => {
  const peer = await RawPeer.upgraded(system.port)
  // The rest never comes.
  peer.socket.write(frame('x'.repeat(100), { length: 900_000 }))
  await vi.waitFor(() => expect(peer.received.length).toBeGreaterThanOrEqual(4), { timeout: 10_000 })
  expect(peer.received.readUInt16BE(2)).toBe(1009)
  peer.socket.destroy()
})

test('compression is not negotiated, and a compressed frame is a protocol error', async () => {
  const client = await TestClient.open(system.url, { perMessageDeflate: true })
  expect(client.socket.extensions).toBe('')
  await client.close()
  const peer = await RawPeer.upgraded(system.port, {
    'Sec-WebSocket-Extensions': 'permessage-deflate; client_max_window_bits',
  })
  peer.socket.write(frame('{}', { rsv: 4 }))
  expect(await peer.closeCode()).toBe(1002)
})

test('a peer that never answers a close frame is cut off soon', async () => {
  const peer = await RawPeer.upgraded(system.port)
  peer.socket.pause()
  peer.socket.write(frame('{}', { masked: false }))
  // Without our own limit it is ws that cuts it off, after 30 s.
  await vi.waitFor(() => expect(system.gateway.stats().connections).toBe(0), { timeout: 20_000 })
  peer.socket.destroy()
})

test('random bytes in place of frames end in a close and no more', async () => {
  for (let batch = 0; batch < 10; batch += 1) {
    await Promise.all(
      Array.from({ length: 100 }, async () => {
        const peer = await RawPeer.upgraded(system.port)
        peer.socket.end(randomBytes(1 + Math.floor(Math.random() * 3000)))
        await peer.closed
      }),
    )
  }
})
