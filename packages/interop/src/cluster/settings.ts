import { integerOption } from '@portcullis/auth-core'
import { encodeToken, MAX_SUBJECT_BYTES, type Transport } from '@portcullis/transport'
import { type InteropLogger, silentLogger } from '../gateway/logger.ts'
import { NODE_ID } from './wire/frame.ts'

export interface TransportClusterOptions {
  /** Started before `start`; its owner closes it, after `close`. */
  transport: Transport
  /** Letters, digits, `_` and `-`, at most 64. No two nodes may have the same. */
  nodeId: string
  /** Gateways with different names do not see each other on one transport. @defaultValue "default" */
  name?: string | undefined
  /** How often a node says that it is alive, milliseconds. @defaultValue 1000 */
  heartbeatMs?: number | undefined
  /** Silence after which a node is gone, milliseconds; more than `heartbeatMs`. @defaultValue 3500 */
  deadAfterMs?: number | undefined
  /** How long `start` waits for the answers of other nodes at least, milliseconds. @defaultValue 100 */
  settleMs?: number | undefined
  /** Longest wait of `start` for this node to hear itself, milliseconds. @defaultValue 10000 */
  startTimeoutMs?: number | undefined
  /** Largest publication, bytes; larger messages are cut. Halved when the engine refuses one. @defaultValue 524288 */
  partBytes?: number | undefined
  /** Largest message of a channel, bytes as JSON; the same on all nodes. @defaultValue 67108864 */
  maxMessageBytes?: number | undefined
  /** Largest state of a node, all channels together, bytes as JSON; the same on all nodes. @defaultValue 268435456 */
  maxStateBytes?: number | undefined
  /** Most bytes held while the engine is away; beyond, other nodes are told everything anew. @defaultValue 16777216 */
  maxHeldBytes?: number | undefined
  /** Most bytes from one node that wait for what came before them. @defaultValue 67108864 */
  maxWaitingBytes?: number | undefined
  /** Bytes that a node has not confirmed, beyond which it is not `writable`. @defaultValue 33554432 */
  maxUnconfirmedBytes?: number | undefined
  /** Most other nodes; further ones are not heard. @defaultValue 256 */
  maxNodes?: number | undefined
  /** @defaultValue silent */
  logger?: InteropLogger | undefined
  /** Milliseconds of a clock that is never set. @defaultValue performance.now */
  now?: (() => number) | undefined
}

export type ClusterSettings = Readonly<
  Required<{ [K in keyof TransportClusterOptions]: NonNullable<TransportClusterOptions[K]> }>
> & {
  /** `interop.<name>`. */
  readonly prefix: string
}

const MIB = 1024 * 1024
export const MIN_PART_BYTES = 4096

/** @throws TypeError naming the option */
export function clusterSettings(options: TransportClusterOptions): ClusterSettings {
  const { transport, nodeId, name = 'default', logger = silentLogger } = options
  if (typeof transport?.publishEvent !== 'function') throw new TypeError('"transport" must be a transport')
  if (typeof nodeId !== 'string' || !NODE_ID.test(nodeId)) {
    throw new TypeError(`"nodeId" must match ${NODE_ID.source}`)
  }
  const heartbeatMs = integerOption('heartbeatMs', options.heartbeatMs, 1000, 1, 60_000)
  const deadAfterMs = integerOption('deadAfterMs', options.deadAfterMs, 3500, 1, 600_000)
  if (deadAfterMs <= heartbeatMs) throw new TypeError('"deadAfterMs" must be more than "heartbeatMs"')
  return Object.freeze({
    transport,
    nodeId,
    name,
    prefix: `interop.${nameToken(name, nodeId)}`,
    heartbeatMs,
    deadAfterMs,
    settleMs: integerOption('settleMs', options.settleMs, 100, 0, 60_000),
    startTimeoutMs: integerOption('startTimeoutMs', options.startTimeoutMs, 10_000, 1, 600_000),
    partBytes: integerOption('partBytes', options.partBytes, MIB / 2, MIN_PART_BYTES),
    maxMessageBytes: integerOption('maxMessageBytes', options.maxMessageBytes, 64 * MIB, 1024),
    maxStateBytes: integerOption('maxStateBytes', options.maxStateBytes, 256 * MIB, 1024),
    maxHeldBytes: integerOption('maxHeldBytes', options.maxHeldBytes, 16 * MIB, 0),
    maxWaitingBytes: integerOption('maxWaitingBytes', options.maxWaitingBytes, 64 * MIB, 1024),
    maxUnconfirmedBytes: integerOption('maxUnconfirmedBytes', options.maxUnconfirmedBytes, 32 * MIB, 1024),
    maxNodes: integerOption('maxNodes', options.maxNodes, 256, 1),
    logger,
    now: options.now ?? (() => performance.now()),
  })
}

function nameToken(name: string, nodeId: string): string {
  let token: string
  try {
    token = encodeToken(name)
  } catch (cause) {
    throw new TypeError('"name" must be a name of at most 128 bytes without control characters', { cause })
  }
  // Ids of other nodes can be as long as they may be.
  if (`interop.${token}.to.${'x'.repeat(129)}`.length > MAX_SUBJECT_BYTES || nodeId.length > 64) {
    throw new TypeError('"name" is too long for a subject')
  }
  return token
}
