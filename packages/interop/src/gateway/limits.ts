import { integerOption } from '@portcullis/auth-core'

/** What bounds the gateway. Beyond a limit a request is refused with `limits_exceeded`. Integers ≥ 1. */
export interface InteropLimits {
  /** Peers of one user on this node. */
  maxPeersPerUser: number
  /** Peers on one connection. */
  maxPeersPerConnection: number
  /** Refused hellos on one connection; after that it is closed with 1008. */
  maxRefusedHellos: number
  /** Hellos that wait for their authenticator, on all connections. */
  maxPendingHellos: number
  /** Characters of a method, context or topic name. */
  maxNameLength: number
  /** Characters of an identity as JSON. */
  maxIdentityLength: number
  /** Characters of the authentication of a hello as JSON. */
  maxAuthenticationLength: number
  /** Methods of one peer. */
  maxMethodsPerPeer: number
  /** Calls of one peer that wait for their result. */
  maxCallsPerPeer: number
  /** Subscriptions to streams of one peer. */
  maxSubscriptionsPerPeer: number
  /** Subscriptions on the bus of one peer. */
  maxBusSubscriptionsPerPeer: number
  /** Contexts of one user. */
  maxContextsPerUser: number
  /** Bytes of one context's data as JSON. */
  maxContextBytes: number
  /** Metrics that one peer defines. */
  maxMetricsPerPeer: number
  /** Bytes of one message from a client. */
  maxMessageBytes: number
  /** Bytes that wait for one connection to read. Beyond half of it new requests for its peers are refused, beyond it it ends. */
  maxBufferedBytes: number
  /** Milliseconds the rest of the cluster has to order a change of a context. */
  clusterTimeoutMs: number
}

export const DEFAULT_LIMITS: InteropLimits = {
  maxPeersPerUser: 10_000,
  maxPeersPerConnection: 64,
  maxRefusedHellos: 32,
  maxPendingHellos: 20_000,
  maxNameLength: 256,
  maxIdentityLength: 8192,
  maxAuthenticationLength: 65_536,
  maxMethodsPerPeer: 5000,
  maxCallsPerPeer: 10_000,
  maxSubscriptionsPerPeer: 10_000,
  maxBusSubscriptionsPerPeer: 1000,
  maxContextsPerUser: 10_000,
  maxContextBytes: 8 * 1024 * 1024,
  maxMetricsPerPeer: 1000,
  maxMessageBytes: 16 * 1024 * 1024,
  maxBufferedBytes: 32 * 1024 * 1024,
  clusterTimeoutMs: 5000,
}

/** Timers reach no further, and nodes tell each other no larger context. */
const MOST: Partial<InteropLimits> = {
  clusterTimeoutMs: 2 ** 31 - 1,
  maxContextBytes: 64 * 1024 * 1024,
}

/** Limits as they are given. `max-connections-per-user` is an older name of `maxPeersPerUser`. */
export interface LimitsOptions extends Partial<InteropLimits> {
  'max-connections-per-user'?: number | undefined
}

/** The limits as given, the defaults for the rest. @throws TypeError naming the limit that is no integer ≥ 1. */
export function resolveLimits(options: LimitsOptions = {}): InteropLimits {
  const given = { maxPeersPerUser: options['max-connections-per-user'], ...options }
  const limits = { ...DEFAULT_LIMITS }
  for (const name of Object.keys(DEFAULT_LIMITS) as (keyof InteropLimits)[]) {
    const most = MOST[name] ?? Number.MAX_SAFE_INTEGER
    limits[name] = integerOption(`limits.${name}`, given[name], DEFAULT_LIMITS[name], 1, most)
  }
  return limits
}
