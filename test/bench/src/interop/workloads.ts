import { type Client, connect } from './client.ts'

/** Does its operation over and over for a while; resolves with how often. Every answer is checked. */
export type Workload = (milliseconds: number) => Promise<number>

/** One call at a time per lane. */
export function invocations(caller: Client, inFlight: number): Workload {
  return async (milliseconds) => {
    const end = performance.now() + milliseconds
    let done = 0
    const lane = async (): Promise<void> => {
      while (performance.now() < end) {
        const n = (done += 1)
        const { returned } = await caller.interop.invoke<{ n: number }>('echo', { n })
        if (returned.n !== n) throw new Error(`asked for ${n}, was given ${returned.n}`)
      }
    }
    await Promise.all(Array.from({ length: inFlight }, lane))
    return done
  }
}

/** Bursts of values, each of which every subscriber has before the next one starts. */
export async function streamPushes(
  server: Client,
  name: string,
  subscribers: readonly Client[],
  burst: number,
): Promise<Workload> {
  const stream = await server.interop.createStream(name)
  let pushed = 0
  let received = 0
  let arrived = (): void => undefined
  for (const { interop } of subscribers) {
    let last = 0
    const subscription = await interop.subscribe(name)
    subscription.onData(({ data }) => {
      const { n } = data as { n: number }
      if (n !== last + 1) throw new Error(`${n} came after ${last}`)
      last = n
      received += 1
      if (received === pushed * subscribers.length) arrived()
    })
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
        stream.push({ n: pushed, symbol: 'EURUSD', bid: 1.0852, ask: 1.0854 })
      }
      await all
    }
    return pushed - before
  }
}

/** Updates of one context, so many in flight; a round ends when the reader has the last one. */
export async function contextUpdates(
  writer: Client,
  reader: Client,
  name: string,
  inFlight: number,
): Promise<Workload> {
  let written = 0
  let read = 0
  let arrived = (): void => undefined
  await writer.contexts.set(name, { n: 0, symbol: 'EURUSD' })
  await reader.contexts.subscribe(name, (data: { n: number }) => {
    if (data.n < read) throw new Error(`${data.n} came after ${read}`)
    read = data.n
    if (read === written) arrived()
  })
  return async (milliseconds) => {
    const end = performance.now() + milliseconds
    const before = written
    const all = new Promise<void>((resolve) => {
      arrived = () => {
        if (performance.now() >= end) resolve()
      }
    })
    const lane = async (): Promise<void> => {
      while (performance.now() < end) {
        written += 1
        await writer.contexts.update(name, { n: written })
      }
    }
    await Promise.all(Array.from({ length: inFlight }, lane))
    if (read !== written) await all
    return written - before
  }
}

/** Clients that connect one after the other, and go together. */
export function connections(port: number): Workload {
  return async (milliseconds) => {
    const end = performance.now() + milliseconds
    const clients: Client[] = []
    while (performance.now() < end) clients.push(await connect(port))
    await Promise.all(clients.map((client) => client.connection.logout()))
    return clients.length
  }
}
