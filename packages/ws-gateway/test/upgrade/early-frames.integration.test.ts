import { expect, test } from 'vitest'
import { frame, handshake, RawPeer } from '../support/raw-peer.ts'
import { SCOPE, startGateway } from '../support/start-gateway.ts'
import { consume } from '../support/worker.ts'

test('frames in the packet of the handshake arrive in order, none lost, however long the authorizer takes', async () => {
  let turns = 0
  await using system = await startGateway({
    authorize: async () => {
      turns += 1
      for (let turn = 0; turn < turns % 7; turn += 1) await new Promise((resolve) => setImmediate(resolve))
      return { ...SCOPE, userId: null, claims: {} }
    },
  })
  const deliveries = await consume(system.transport, 'early')
  const rounds = 1000
  const each = 5
  for (let batch = 0; batch < rounds; batch += 50) {
    const peers = await Promise.all(
      Array.from({ length: 50 }, async (_, index) => {
        const peer = await RawPeer.connect(system.port)
        const frames = Array.from({ length: each }, (_unused, n) =>
          frame(JSON.stringify({ actor: 'early', actorId: `r${batch + index}`, n })),
        )
        const bytes = Buffer.concat([Buffer.from(handshake()), ...frames])
        // All in one segment, or the last frames cut in two while the authorizer is being asked.
        const cut = index % 2 === 0 ? bytes.length : bytes.length - 7 * (index % 5)
        peer.socket.write(bytes.subarray(0, cut))
        if (cut < bytes.length) setImmediate(() => peer.socket.write(bytes.subarray(cut)))
        return peer
      }),
    )
    await deliveries.length((batch + 50) * each)
    for (const peer of peers) peer.socket.destroy()
  }
  const seen = new Map<string, number[]>()
  for (const { payload } of deliveries.all) {
    const { message } = JSON.parse(Buffer.from(payload).toString()) as {
      message: { actorId: string; n: number }
    }
    seen.set(message.actorId, [...(seen.get(message.actorId) ?? []), message.n])
  }
  expect(seen.size).toBe(rounds)
  expect([...seen.values()].every((numbers) => numbers.join() === '0,1,2,3,4')).toBe(true)
})

test('what a client sends before it is let in is not all taken into memory', async () => {
  let admit!: () => void
  let asked!: () => void
  const isAsked = new Promise<void>((resolve) => (asked = resolve))
  await using system = await startGateway({
    authorize: () =>
      new Promise((resolve) => {
        admit = () => resolve({ ...SCOPE, userId: null, claims: {} })
        asked()
      }),
  })
  let taken = 0
  system.server.on('upgrade', (_request, socket: { readableLength: number }) => {
    const look = setInterval(() => (taken = Math.max(taken, socket.readableLength)), 5)
    system.server.once('close', () => clearInterval(look))
  })
  const deliveries = await consume(system.transport, 'flood')
  const peer = await RawPeer.connect(system.port)
  peer.socket.write(handshake())
  await isAsked
  const one = frame(JSON.stringify({ actor: 'flood', actorId: 'a', pad: 'x'.repeat(8000) }))
  const count = 1500
  for (let n = 0; n < count; n += 1) peer.socket.write(one)
  // The kernels take some megabytes of the twelve; the rest waits at the client.
  await new Promise((resolve) => setTimeout(resolve, 100))
  expect(peer.socket.writableLength).toBeGreaterThan(0)
  expect(taken).toBeLessThanOrEqual(2 * 65_536)
  admit()
  await deliveries.length(count)
  peer.socket.destroy()
})
