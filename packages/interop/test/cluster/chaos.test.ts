import { createEmbeddedTransport, EmbeddedBroker } from '@portcullis/transport/embedded'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { Channel } from '../../src/cluster/cluster.ts'
import { createTransportCluster, type TransportCluster } from '../../src/cluster/transport-cluster.ts'
import { eventually, tapped } from '../support/cluster-node.ts'

const IDS = ['a', 'b', 'c'] as const

interface Node {
  id: string
  cluster: TransportCluster
  channel: Channel
  /** Messages that the node has sent each other one, broadcasts included. */
  sent: Map<string, number>
  /** What the node knows of each other one that is up: the number of the last message. */
  known: Map<string, number>
  errors: string[]
  lose: { rate: number }
}

async function chaoticNode(id: string, broker: EmbeddedBroker, random: () => number): Promise<Node> {
  const behind = createEmbeddedTransport({ broker })
  await behind.start()
  const { transport, tap } = tapped(behind)
  const lose = { rate: 0 }
  tap.onPublish = (_subject, payload) => {
    const dice = random()
    if (dice < lose.rate) return []
    if (dice < lose.rate * 1.2) return [payload, payload]

    return [payload]
  }
  const cluster = createTransportCluster({
    transport,
    nodeId: id,
    heartbeatMs: 15,
    deadAfterMs: 250,
    settleMs: 10,
    partBytes: 4096,
  })
  const sent = new Map<string, number>(IDS.map((other) => [other, 0]))
  const known = new Map<string, number>()
  const errors: string[] = []
  const channel = cluster.open('numbers', {
    // As much as is sent to the node until now: what follows must follow on this.
    snapshot: (to) => ({ last: sent.get(to), filler: 'x'.repeat(6000) }),
    nodeUp(node, snapshot) {
      if (known.has(node.id)) errors.push(`${node.id} came up twice`)
      known.set(node.id, (snapshot as { last: number }).last)
    },
    message(from, message) {
      const numbers = message as Record<string, number>
      const last = known.get(from)
      if (last === undefined) errors.push(`a message of ${from}, which is down`)
      else if (numbers[id] !== last + 1) errors.push(`${numbers[id]} of ${from} follows ${last}`)
      known.set(from, numbers[id] ?? Number.NaN)
    },
    nodeDown(from) {
      if (!known.delete(from)) errors.push(`${from} went down twice`)
    },
  })
  return { id, cluster, channel, sent, known, errors, lose }
}

describe('a cluster whose messages are lost and doubled', () => {
  test('delivers without a gap between coming up and going down, and everything in the end', async () => {
    await fc.assert(
      fc.asyncProperty(fc.integer(), fc.double({ min: 0.02, max: 0.4, noNaN: true }), async (seed, rate) => {
        let state = seed >>> 0
        const random = (): number => {
          state = (Math.imul(state, 1664525) + 1013904223) >>> 0
          return state / 2 ** 32
        }
        const broker = new EmbeddedBroker()
        const nodes = await Promise.all(IDS.map((id) => chaoticNode(id, broker, random)))
        await Promise.all(nodes.map(({ cluster }) => cluster.start()))

        const say = (): void => {
          const from = nodes[Math.floor(random() * nodes.length)]!
          const size = random() < 0.1 ? 9000 : 10
          const others = IDS.filter((id) => id !== from.id)
          const isCast = random() < 0.5
          const receivers = isCast ? others : [others[Math.floor(random() * others.length)]!]
          if (!isCast && !from.cluster.nodes.has(receivers[0]!)) return
          const numbers: Record<string, unknown> = { filler: 'y'.repeat(size) }
          for (const id of receivers) {
            const next = from.sent.get(id)! + 1
            from.sent.set(id, next)
            numbers[id] = next
          }
          if (isCast) from.channel.broadcast(numbers)
          else from.channel.send(receivers[0]!, numbers)
        }

        for (const node of nodes) node.lose.rate = rate
        for (let round = 0; round < 60; round += 1) {
          for (let count = 0; count < 5; count += 1) say()
          // oxlint-disable-next-line no-await-in-loop -- over many turns, and some heartbeats
          await new Promise((resolve) => (round % 10 === 0 ? setTimeout(resolve, 20) : setImmediate(resolve)))
        }
        for (const node of nodes) node.lose.rate = 0
        const isWhole = (): boolean =>
          nodes.every((node) =>
            nodes.every((other) => node === other || node.known.get(other.id) === other.sent.get(node.id)),
          )
        await eventually(isWhole, () =>
          JSON.stringify(nodes.map(({ id, known, sent }) => [id, [...known], [...sent]])),
        )
        for (let count = 0; count < 50; count += 1) say()
        await eventually(isWhole)
        for (const { errors } of nodes) expect(errors).toEqual([])
        await Promise.all(nodes.map(({ cluster }) => cluster.close()))
      }),
      { numRuns: 20 },
    )
  }, 120_000)
})
