import { InteropError } from '../../errors.ts'
import type { Peer } from '../../peers/peer.ts'
import type { SharedMember } from '../../protocol/shared-member.ts'
import { MAX_DEPTH, weigh } from '../data/weigh.ts'
import type { Operation } from './wire.ts'

/** Operations of this node that wait for their place in the order, and bytes of what they carry. */
export const MAX_PENDING = 1024
export const MAX_PENDING_BYTES: number = 64 * 1024 * 1024

/** Who waits for an operation. */
export interface Waiter {
  /** The peer that asked, which hears of its change by `done`. */
  readonly peer?: Peer | undefined
  /** Of an update, as it is told to this node's peers. */
  readonly delta?: SharedMember | undefined
  /** `late`: it was carried out some time ago, and others may have followed. */
  done?(late?: boolean): void
  /** Without it nobody waits, and there is no deadline. */
  fail?(error: InteropError): void
  /** The operation is carried out however many wait, and even if it took too long for who waited. */
  readonly keep?: boolean
}

export interface PendingOperation {
  readonly number: number
  readonly operation: Operation
  readonly waiter: Waiter
}

export interface PendingOperations {
  /** @throws InteropError `ERR_INTEROP_LIMITS_EXCEEDED` */
  add(operation: Operation, waiter: Waiter): PendingOperation
  take(number: number): PendingOperation | undefined
  /** Whether such an operation on the context waits already. */
  has(kind: 'hold' | 'release', key: string): boolean
  all(): PendingOperation[]
  rekey(from: string, to: string): void
  close(): void
}

interface Waiting extends PendingOperation {
  readonly weight: number
  readonly deadline: number
}

/**
 * An operation that somebody waits for fails with `ERR_INTEROP_UNAVAILABLE` after `timeoutMs`; what comes of it later is told to
 * its peer like anybody's change. The others are kept until they are carried out.
 */
export function createPending(timeoutMs: number): PendingOperations {
  const waiting = new Map<number, Waiting>()
  /** Numbers with a deadline, in its order. */
  const timed = new Set<number>()
  let count = 0
  let weight = 0
  let timer: NodeJS.Timeout | undefined

  function take(number: number): Waiting | undefined {
    const found = waiting.get(number)
    if (found === undefined) return undefined
    waiting.delete(number)
    timed.delete(number)
    weight -= found.weight
    return found
  }

  function watch(): void {
    if (timer !== undefined || timed.size === 0) return
    const [first = 0] = timed
    const left = (waiting.get(first)?.deadline ?? 0) - Date.now()
    timer = setTimeout(expire, Math.max(left, 1))
    timer.unref()
  }

  function expire(): void {
    timer = undefined
    const now = Date.now()
    for (const number of timed) {
      const found = waiting.get(number)
      if (found !== undefined && found.deadline > now) break
      timed.delete(number)
      if (found?.waiter.keep !== true) take(number)
      found?.waiter.fail?.(
        new InteropError('ERR_INTEROP_UNAVAILABLE', 'The rest of the cluster did not answer in time'),
      )
    }
    watch()
  }

  return {
    add(operation, waiter) {
      const isWaitedFor = waiter.fail !== undefined
      const carried = isWaitedFor ? weightOf(operation) : 0
      const isRefusable = isWaitedFor && waiter.keep !== true
      if (isRefusable && (waiting.size >= MAX_PENDING || weight + carried > MAX_PENDING_BYTES)) {
        throw new InteropError(
          'ERR_INTEROP_LIMITS_EXCEEDED',
          'Too many changes wait for the rest of the cluster',
        )
      }
      count += 1
      const deadline = Date.now() + timeoutMs
      const added = { number: count, operation, waiter, weight: carried, deadline }
      waiting.set(count, added)
      weight += carried
      if (isWaitedFor) timed.add(count)
      watch()
      return added
    },
    take,
    has(kind, key) {
      for (const { operation } of waiting.values()) {
        if (operation.kind === kind && operation.key === key) return true
      }
      return false
    },
    all: () => [...waiting.values()],
    rekey(from, to) {
      for (const { operation } of waiting.values()) {
        if (operation.kind !== 'create' && operation.key === from) operation.key = to
      }
    },
    close() {
      clearTimeout(timer)
      timed.clear()
      waiting.clear()
    },
  }
}

function weightOf(operation: Operation): number {
  // Paths lead deeper than the delta itself is.
  if (operation.kind === 'update') return weigh(operation.delta, -MAX_DEPTH)
  return operation.kind === 'create' ? weigh(operation.context.data) : 0
}
