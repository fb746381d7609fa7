import { randomBytes } from 'node:crypto'
import type { Subscription } from '@portcullis/transport'
import { InteropError } from '../errors.ts'
import { isJsonObject } from '../protocol/parse.ts'
import type { Channel, Cluster } from './cluster.ts'
import { fits, type OpenChannel, Sender } from './sender.ts'
import { Sessions } from './sessions.ts'
import { clusterSettings, type TransportClusterOptions } from './settings.ts'
import { decodeFrame, type Frame } from './wire/frame.ts'
import { InboxFault } from './wire/inbox.ts'
import { Publisher } from './wire/publisher.ts'

/** Numbers of one node's part in the cluster. All but `nodes` only grow. */
export interface ClusterStats {
  /** Other nodes that are up. */
  nodes: number
  framesOut: number
  framesIn: number
  bytesOut: number
  bytesIn: number
  /** Publications on the cluster's subjects that are none of its frames. */
  ignored: number
  /** Times a node was asked for everything anew, because something was missing or made no sense. */
  resyncs: number
  /** Publications that the transport refused. */
  refused: number
}

export interface TransportCluster extends Cluster {
  writable(nodeId: string): boolean
  stats(): ClusterStats
}

const TWIN_WARNING_MS = 60_000

/**
 * A cluster over the events of a transport: at most once, made whole by counting. Every node numbers its broadcasts, and what
 * it sends to each other node; a number that is missing, here or in a heartbeat, ends the session with that node on both
 * sides, and both exchange everything anew. Subjects: `interop.<name>.all.<from>` and `interop.<name>.to.<node>.<from>`.
 *
 * Of two nodes with one id the one that started later refuses to start; should both be up when they meet, the others go on to
 * hear the one they know, and both say so in their logs.
 *
 * @throws TypeError naming the option
 */
export function createTransportCluster(options: TransportClusterOptions): TransportCluster {
  const settings = clusterSettings(options)
  const { transport, nodeId, prefix, logger, now, maxStateBytes } = settings
  const startedAt = Date.now()
  const epoch = randomBytes(9).toString('base64url')
  const origin = Object.freeze({ from: nodeId, epoch, startedAt })
  const channels = new Map<string, OpenChannel>()
  const publisher = new Publisher(settings, origin)
  const sender = new Sender(settings, publisher, {
    isUp: (remote) => sessions.target(remote.id) === remote,
    guarded,
  })
  const sessions: Sessions = new Sessions(settings, origin, publisher, {
    flush: () => sender.flush(),
    state,
    read(body) {
      const snapshots = parse(body)
      if (!isJsonObject(snapshots)) throw new InboxFault('its state makes no sense')
      return snapshots
    },
    up(node, snapshots) {
      for (const { name, handlers } of channels.values()) {
        const snapshot = Object.hasOwn(snapshots, name) ? snapshots[name] : undefined
        guarded(name, () => handlers.nodeUp?.(node, snapshot))
      }
      arrived?.()
    },
    down(id) {
      for (const { name, handlers } of [...channels.values()].toReversed()) {
        guarded(name, () => handlers.nodeDown?.(id))
      }
    },
    deliver,
    twin,
  })

  let phase: 'new' | 'starting' | 'started' | 'closed' = 'new'
  let starting: Promise<void> | undefined
  let closing: Promise<void> | undefined
  let subscriptions: Subscription[] = []
  let stopListening: (() => void) | undefined
  let heart: NodeJS.Timeout | undefined
  let framesIn = 0
  let bytesIn = 0
  let ignored = 0
  let twinWarnedAt = Number.NEGATIVE_INFINITY
  let heard: (() => void) | undefined
  let arrived: (() => void) | undefined
  let refuseStart: ((error: Error) => void) | undefined

  function guarded(channel: string, step: () => void): void {
    try {
      step()
    } catch (error) {
      logger.error({ err: error, channel }, 'a message of the cluster could not be handled')
    }
  }

  function state(id: string): string | undefined {
    const members: string[] = []
    try {
      for (const { name, handlers } of channels.values()) {
        const json = JSON.stringify(handlers.snapshot?.(id))
        if (json !== undefined) members.push(`${JSON.stringify(name)}:${json}`)
      }
      const text = `{${members.join(',')}}`
      if (fits(text, maxStateBytes)) return text
      logger.error({ node: id, length: text.length }, 'the state of this node is too large for the cluster')
    } catch (error) {
      logger.error({ err: error, node: id }, 'the state of this node could not be made')
    }
    return undefined
  }

  // In

  function receive(payload: Uint8Array, subject: string, isDirect: boolean): void {
    if (phase === 'new' || phase === 'closed') return
    const frame = decodeFrame(payload, subject.slice(subject.lastIndexOf('.') + 1), isDirect)
    if (frame === undefined) {
      ignored += 1
      return
    }
    if (frame.from === nodeId && frame.epoch === epoch) {
      heard?.()
      return
    }
    framesIn += 1
    bytesIn += payload.length
    sessions.receive(frame)
  }

  function deliver(id: string, batch: Uint8Array): void {
    const entries = parse(batch)
    if (!Array.isArray(entries) || !entries.every(isEntry)) throw new InboxFault('a message makes no sense')
    for (const [name, message] of entries) {
      // A channel that is not known is one of a newer version.
      const entry = channels.get(name)
      if (entry !== undefined) guarded(name, () => entry.handlers.message(id, message))
      // The handler before has ended it.
      if (!sessions.nodes.has(id)) return
    }
  }

  function twin(frame: Frame): void {
    const isYounger: boolean =
      frame.startedAt < startedAt || (frame.startedAt === startedAt && frame.epoch < epoch)
    if (phase === 'starting' && (frame.kind === 'twin' || isYounger)) {
      refuseStart?.(
        new InteropError('ERR_INTEROP_UNAVAILABLE', `another gateway is in the cluster as node ${nodeId}`),
      )
      return
    }
    if (frame.kind === 'hello') publisher.tell({ kind: 'twin' }, nodeId)
    if (now() - twinWarnedAt < TWIN_WARNING_MS) return
    twinWarnedAt = now()
    logger.error({ node: nodeId }, 'another gateway speaks as this node: every node needs an id of its own')
  }

  // Life

  function onStatus(): void {
    const wasConnected = sender.isConnected
    const isConnected = transport.status().state === 'connected'
    if (isConnected === wasConnected || phase === 'closed') return
    sender.isConnected = isConnected
    // What others missed, and what this node missed, shows in the counters at once.
    if (isConnected && phase === 'started') sessions.beat()
  }

  async function begin(): Promise<void> {
    phase = 'starting'
    stopListening = transport.onStatus(onStatus)
    onStatus()
    try {
      subscriptions = await Promise.all([
        transport.subscribeEvents(`${prefix}.all.*`, (payload, subject) => receive(payload, subject, false)),
        transport.subscribeEvents(`${prefix}.to.${nodeId}.*`, (payload, subject) =>
          receive(payload, subject, true),
        ),
      ])
      assertOpen()
      const refused = new Promise<never>((_resolve, reject) => {
        refuseStart = reject
      })
      // Also when nobody waits for it any more.
      refused.catch(() => undefined)
      await Promise.race([hello(), refused])
      assertOpen()
      await Promise.race([settle(), refused])
      assertOpen()
    } catch (error) {
      await stop()
      // Those that came when it was closed already.
      await Promise.all(subscriptions.map((subscription) => subscription.close()))
      throw error
    } finally {
      // What is still waited for ends as well.
      heard?.()
      refuseStart = undefined
      heard = undefined
      arrived = undefined
    }
    phase = 'started'
    sessions.isStarting = false
    beat()
  }

  /** Says hello until it is heard, by this node and so by all others. */
  async function hello(): Promise<void> {
    let again: NodeJS.Timeout | undefined
    let late: NodeJS.Timeout | undefined
    const say = (): void => {
      if (sender.isConnected) publisher.tell({ kind: 'hello', link: sessions.hello })
    }
    try {
      await new Promise<void>((resolve, reject) => {
        heard = resolve
        again = setInterval(say, settings.heartbeatMs)
        late = setTimeout(() => {
          const reason = 'this node does not hear itself in the cluster: is its subject permitted?'
          reject(new InteropError('ERR_INTEROP_UNAVAILABLE', reason))
        }, settings.startTimeoutMs)
        say()
      })
    } finally {
      clearInterval(again)
      clearTimeout(late)
    }
    // Others answer from now on, and want to hear of this node more than once.
    if (phase === 'starting') heart = setInterval(beat, settings.heartbeatMs).unref()
  }

  /** Waits for those that answer at once. */
  async function settle(): Promise<void> {
    await pause(settings.settleMs)
    const deadline = now() + settings.deadAfterMs
    while (phase === 'starting' && sessions.arriving > 0 && now() < deadline) {
      const next = new Promise<void>((resolve) => {
        arrived = resolve
      })
      await Promise.race([next, pause(Math.min(50, settings.deadAfterMs))])
    }
  }

  function beat(): void {
    sessions.sweep()
    if (sender.isConnected) sessions.beat()
  }

  function assertOpen(): void {
    if (phase === 'closed') {
      throw new InteropError('ERR_INTEROP_UNAVAILABLE', 'the cluster was closed while it started')
    }
  }

  async function stop(): Promise<void> {
    if (phase === 'closed') return
    if (phase !== 'new' && sender.isConnected) {
      sender.flush()
      publisher.tell({ kind: 'bye' })
    }
    phase = 'closed'
    clearInterval(heart)
    sender.close()
    stopListening?.()
    sessions.close()
    refuseStart?.(new InteropError('ERR_INTEROP_UNAVAILABLE', 'the cluster was closed while it started'))
    await Promise.all(subscriptions.map((subscription) => subscription.close()))
  }

  return {
    nodeId,
    startedAt,
    nodes: sessions.nodes,
    open(name, handlers): Channel {
      if (phase !== 'new') throw new TypeError('a channel must be opened before the cluster starts')
      if (channels.has(name)) throw new TypeError(`the channel "${name}" is open already`)
      const channel: OpenChannel = { name, handlers }
      channels.set(name, channel)
      return {
        broadcast(message) {
          if (phase !== 'closed' && sessions.hasListeners) sender.put(channel, undefined, message)
        },
        send(to, message) {
          const remote = sessions.target(to)
          if (phase !== 'closed' && remote !== undefined) sender.put(channel, remote, message)
        },
        collect() {
          if (phase !== 'closed') sender.collect(channel)
        },
      }
    },
    start() {
      starting ??=
        phase === 'closed'
          ? Promise.reject(new InteropError('ERR_INTEROP_UNAVAILABLE', 'the cluster is closed'))
          : begin()
      return starting
    },
    close() {
      closing ??= stop()
      return closing
    },
    writable: (id) => sessions.unconfirmed(id) <= settings.maxUnconfirmedBytes,
    stats: () => ({
      nodes: sessions.nodes.size,
      framesOut: publisher.frames,
      framesIn,
      bytesOut: publisher.bytes,
      bytesIn,
      ignored: ignored + sessions.ignored,
      resyncs: sessions.resyncs,
      refused: publisher.refused,
    }),
  }
}

function parse(body: Uint8Array): unknown {
  try {
    return JSON.parse(Buffer.from(body.buffer, body.byteOffset, body.length).toString('utf8'))
  } catch {
    throw new InboxFault('a message is not JSON')
  }
}

function isEntry(value: unknown): value is [channel: string, message: unknown] {
  return Array.isArray(value) && typeof value[0] === 'string'
}

function pause(milliseconds: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, milliseconds))
}
