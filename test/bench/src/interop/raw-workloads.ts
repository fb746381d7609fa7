import { RawPeer } from './raw-peer.ts'
import type { Workload } from './workloads.ts'

/** Calls in flight between two peers, so many at a time. */
export async function rawInvocations(port: number, inFlight: number): Promise<Workload> {
  const [server, caller] = [await RawPeer.open(port, 'raw-server'), await RawPeer.open(port, 'raw-caller')]
  const method = { id: '0', name: 'raw-echo', flags: {}, version: 1 }
  await server.ask({ type: 'register', methods: [method] }, 'success')
  server.onMessage = (text) => {
    const { type, invocation_id, arguments_kv } = JSON.parse(text) as Record<string, unknown>
    if (type === 'invoke') server.send({ type: 'yield', invocation_id, result: arguments_kv })
  }
  return (milliseconds) => {
    const end = performance.now() + milliseconds
    let asked = 0
    let done = 0
    const call = (): void => {
      asked += 1
      const request = { request_id: asked, server_id: server.id, method_id: '0', arguments_kv: { n: asked } }
      caller.send({ type: 'call', ...request })
    }
    return new Promise((resolve, reject) => {
      caller.onMessage = (text) => {
        const { type, request_id, result } = JSON.parse(text) as Record<string, unknown>
        if (type !== 'result' && type !== 'error') return
        if ((result as { n: number } | undefined)?.n !== request_id)
          reject(new Error(`wrong answer: ${text}`))
        done += 1
        if (performance.now() < end) call()
        else if (done === asked) resolve(done)
      }
      for (let lane = 0; lane < inFlight; lane += 1) call()
    })
  }
}

/** Bursts of values, each of which every subscriber has before the next one starts. */
export async function rawStreamPushes(port: number, subscribers: number, burst: number): Promise<Workload> {
  const server = await RawPeer.open(port, 'raw-stream')
  const stream = { id: '1', name: 'raw-stream', flags: { streaming: true }, version: 1 }
  await server.ask({ type: 'register', methods: [stream] }, 'success')
  server.onMessage = (text) => {
    const { type, subscription_id } = JSON.parse(text) as Record<string, unknown>
    if (type === 'add-interest') server.send({ type: 'accepted', subscription_id, stream_id: '0' })
  }
  let pushed = 0
  let received = 0
  let arrived = (): void => undefined
  for (let count = 0; count < subscribers; count += 1) {
    const subscriber = await RawPeer.open(port, `raw-subscriber-${count}`)
    const request = { type: 'subscribe', server_id: server.id, method_id: '1', arguments_kv: {} }
    await subscriber.ask(request, 'subscribed')
    let last = 0
    subscriber.onMessage = (text) => {
      // Presence of the others is not what is counted here.
      if (!text.includes('"event"')) return
      last += 1
      if (!text.includes(`"n":${last},`)) throw new Error(`not the value ${last}: ${text}`)
      received += 1
      if (received === pushed * subscribers) arrived()
    }
  }
  return async (milliseconds) => {
    const end = performance.now() + milliseconds
    const before = pushed
    while (performance.now() < end) {
      const all = new Promise<void>((resolve) => {
        arrived = resolve
      })
      for (let count = 0; count < burst; count += 1) {
        pushed += 1
        server.send({ type: 'publish', stream_id: '0', data: { n: pushed, symbol: 'EURUSD', bid: 1.0852 } })
      }
      await all
    }
    return pushed - before
  }
}

/** Peers that connect one after the other, and go together. */
export function rawConnections(port: number): Workload {
  return async (milliseconds) => {
    const end = performance.now() + milliseconds
    const peers: RawPeer[] = []
    while (performance.now() < end) peers.push(await RawPeer.open(port, `raw-${peers.length}`))
    await Promise.all(peers.map((peer) => peer.close()))
    return peers.length
  }
}
