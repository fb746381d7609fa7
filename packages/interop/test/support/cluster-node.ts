import type { Subscription, Transport, TransportState, TransportStatus } from '@portcullis/transport'
import { afterEach } from 'vitest'
import type { Channel } from '../../src/cluster/cluster.ts'
import type { TransportClusterOptions } from '../../src/cluster/settings.ts'
import { createTransportCluster, type TransportCluster } from '../../src/cluster/transport-cluster.ts'
import type { InteropLogger } from '../../src/gateway/logger.ts'

const disposables: (() => Promise<unknown>)[] = []
afterEach(async () => {
  await Promise.all(disposables.splice(0).map((dispose) => dispose()))
})

/** Quick, and patient enough for a machine that is busy. */
export const QUICK = { heartbeatMs: 50, deadAfterMs: 2000, settleMs: 50 }
/** For nodes that are not to miss each other, however busy the machine is. */
export const PATIENT: typeof QUICK = { ...QUICK, deadAfterMs: 20_000 }

export interface ClusterNode extends AsyncDisposable {
  readonly id: string
  readonly cluster: TransportCluster
  /** Of the channels `one` and `two`. */
  readonly one: Channel
  readonly two: Channel
  /** What the channels were told, in order, such as `one up b`, `two b {"n":1}`, `two down b`. */
  readonly log: readonly string[]
  /** What the logger was told: `<level> <message>`. */
  readonly said: readonly string[]
  /** Resolves when the log holds this line, or one that the test accepts, at or after `from`; with the index after it. */
  until(line: string | ((line: string) => boolean), from?: number): Promise<number>
  untilSaid(pattern: RegExp): Promise<void>
}

/** A node that is not started, with two channels that write down what they are told. */
export function clusterNode(
  id: string,
  transport: Transport,
  options: Partial<TransportClusterOptions> = {},
): ClusterNode {
  const log = watched()
  const said = watched()
  const level =
    (name: string) =>
    (_details: object, message: string): void =>
      said.push(`${name} ${message}`)
  const logger: InteropLogger = {
    debug: level('debug'),
    info: level('info'),
    warn: level('warn'),
    error: level('error'),
  }
  const cluster = createTransportCluster({ transport, nodeId: id, logger, ...QUICK, ...options })
  const open = (name: string): Channel =>
    cluster.open(name, {
      snapshot: (to) => ({ of: id, to }),
      nodeUp: (node, snapshot) => log.push(`${name} up ${node.id} ${JSON.stringify(snapshot)}`),
      message: (from, message) => log.push(`${name} ${from} ${short(JSON.stringify(message))}`),
      nodeDown: (from) => log.push(`${name} down ${from}`),
    })
  const dispose = (): Promise<void> => cluster.close()
  disposables.push(dispose)
  return {
    id,
    cluster,
    one: open('one'),
    two: open('two'),
    log: log.items,
    said: said.items,
    until: log.until,
    untilSaid: async (pattern) => void (await said.until((line) => pattern.test(line))),
    [Symbol.asyncDispose]: dispose,
  }
}

/** Resolves when every node has every other one up, on both channels. */
export async function untilTogether(...nodes: ClusterNode[]): Promise<void> {
  for (const node of nodes) {
    for (const other of nodes) {
      if (node === other) continue
      // oxlint-disable-next-line no-await-in-loop -- what is awaited is there already, or comes in any order
      await eventually(
        () => node.cluster.nodes.has(other.id),
        () => `${node.id} waits for ${other.id}`,
      )
    }
  }
}

/** Asks until it is so; for what has no event. */
export async function eventually(
  isSo: () => boolean,
  what: () => string = () => '',
  timeoutMs = 20_000,
): Promise<void> {
  const deadline = Date.now() + timeoutMs
  while (!isSo()) {
    if (Date.now() > deadline) throw new Error(`it did not become so: ${isSo.toString()} ${what()}`)
    // oxlint-disable-next-line no-await-in-loop -- a poll
    await new Promise((resolve) => setTimeout(resolve, 10))
  }
}

/** What stands between a node and its transport: decides what becomes of each publication. */
export interface Tap {
  /** Returns what to publish instead; nothing to lose it. */
  onPublish: (subject: string, payload: Uint8Array) => readonly Uint8Array[]
  /** What the transport says of its connection from now on. */
  setState(state: TransportState): void
}

/** The transport with a tap on what is published. */
export function tapped(transport: Transport): { transport: Transport; tap: Tap } {
  let said: TransportState | undefined
  const listeners = new Set<(status: TransportStatus) => void>()
  const status = (): TransportStatus => ({
    ...transport.status(),
    ...(said === undefined ? {} : { state: said }),
  })
  const tap: Tap = {
    onPublish: (_subject, payload) => [payload],
    setState(state) {
      said = state
      for (const listener of listeners) listener(status())
    },
  }
  const wrapped: Transport = {
    engine: transport.engine,
    closed: transport.closed,
    start: (options) => transport.start(options),
    status,
    onStatus(listener) {
      listeners.add(listener)
      return () => listeners.delete(listener)
    },
    publishInbound: (message, options) => transport.publishInbound(message, options),
    consumeInbound: (options) => transport.consumeInbound(options),
    publishOutbound: (message, options) => transport.publishOutbound(message, options),
    subscribeOutbound: (filter, onDelivery) => transport.subscribeOutbound(filter, onDelivery),
    publishDeadLetter: (message, options) => transport.publishDeadLetter(message, options),
    deadLetters: transport.deadLetters,
    publishEvent(subject, payload) {
      for (const instead of tap.onPublish(subject, payload)) transport.publishEvent(subject, instead)
    },
    subscribeEvents: (subject, onEvent): Promise<Subscription> => transport.subscribeEvents(subject, onEvent),
    drain: (options) => transport.drain(options),
    close: () => transport.close(),
    [Symbol.asyncDispose]: () => transport[Symbol.asyncDispose](),
  }
  return { transport: wrapped, tap }
}

/** The head of a frame, for tests that look into publications. */
export function headOf(payload: Uint8Array): Record<string, unknown> {
  return JSON.parse(Buffer.from(payload.subarray(0, payload.indexOf(10))).toString()) as Record<
    string,
    unknown
  >
}

function short(json: string): string {
  return json.length <= 200 ? json : `${json.slice(0, 50)}… ${json.length}`
}

function watched(): {
  items: string[]
  push(item: string): void
  until(line: string | ((line: string) => boolean), from?: number): Promise<number>
} {
  const items: string[] = []
  let waiting: (() => void)[] = []
  return {
    items,
    push(item) {
      items.push(item)
      const wake = waiting
      waiting = []
      for (const look of wake) look()
    },
    async until(line, from = 0) {
      const is = typeof line === 'string' ? (item: string) => item === line : line
      const deadline = Date.now() + 20_000
      for (;;) {
        const index = items.findIndex((item, at) => at >= from && is(item))
        if (index >= 0) return index + 1
        let timer: NodeJS.Timeout | undefined
        // oxlint-disable-next-line no-await-in-loop -- each turn waits for one more item
        await new Promise<void>((resolve, reject) => {
          waiting.push(resolve)
          timer = setTimeout(
            () => reject(new Error(`waited for ${String(line)}, have:\n${items.join('\n')}`)),
            deadline - Date.now(),
          )
        })
        clearTimeout(timer)
      }
    },
  }
}
