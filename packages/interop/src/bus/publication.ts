import { isDeepStrictEqual } from 'node:util'
import { InteropError } from '../errors.ts'
import type { InteropLimits } from '../gateway/limits.ts'
import { isJsonObject } from '../protocol/parse.ts'
import type { Identity, JsonObject } from '../protocol/message.ts'
import { sharedMember, type SharedMember } from '../protocol/shared-member.ts'
import type { RoutingKey, Subscription } from './subscription.ts'

/** What was published, checked. */
export interface Publication {
  readonly topic: string
  readonly routingKey: RoutingKey | undefined
  /** Each member must equal that of the receiver's identity. */
  readonly target: JsonObject | undefined
  readonly data: SharedMember
}

const MAX_TARGET_MEMBERS = 64

/**
 * The members of a `publish` message. Undefined when there is nothing to deliver: its data is absent, `null` or `false`.
 *
 * @throws InteropError `ERR_INTEROP_FAILURE`, `ERR_INTEROP_LIMITS_EXCEEDED`
 */
export function toPublication(message: JsonObject, limits: InteropLimits): Publication | undefined {
  const topic = topicOf(message.topic, limits)
  const routingKey = routingKeyOf(message.routing_key, limits)
  const target = targetOf(message.target_identity)
  const { data } = message
  if (data === undefined || data === null || data === false) return undefined
  return { topic, routingKey, target, data: sharedMember('data', data) }
}

/** @throws InteropError */
export function topicOf(topic: unknown, { maxNameLength }: InteropLimits): string {
  if (typeof topic !== 'string') throw new InteropError('ERR_INTEROP_FAILURE', '"topic" must be a string')
  if (topic.length > maxNameLength) {
    throw new InteropError(
      'ERR_INTEROP_LIMITS_EXCEEDED',
      `"topic" is longer than ${maxNameLength} characters`,
    )
  }
  return topic
}

/** Undefined when there is no key: absent or `null`. @throws InteropError */
export function routingKeyOf(key: unknown, { maxNameLength }: InteropLimits): RoutingKey | undefined {
  if (key === undefined || key === null) return undefined
  if (typeof key === 'string') {
    if (key.length <= maxNameLength) return key
    throw new InteropError(
      'ERR_INTEROP_LIMITS_EXCEEDED',
      `"routing_key" is longer than ${maxNameLength} characters`,
    )
  }
  // JSON can say 1e999, which would reach other nodes as no key at all.
  if (Number.isFinite(key) || typeof key === 'boolean') return key as RoutingKey
  throw new InteropError('ERR_INTEROP_FAILURE', '"routing_key" must be a string, a number or a boolean')
}

/** Whether the subscription is one that the publication, whose topic it matches, is meant for. */
export function isMeantFor({ routingKey, target }: Publication, subscription: Subscription): boolean {
  const { routingKey: wanted, subscriber } = subscription
  if (routingKey !== undefined && wanted !== undefined && routingKey !== wanted) return false
  return target === undefined || isTarget(target, subscriber.identity)
}

function targetOf(target: unknown): JsonObject | undefined {
  if (target === undefined || target === null) return undefined
  if (!isJsonObject(target)) {
    throw new InteropError('ERR_INTEROP_FAILURE', '"target_identity" must be an object')
  }
  const { length } = Object.keys(target)
  if (length > MAX_TARGET_MEMBERS) {
    throw new InteropError(
      'ERR_INTEROP_LIMITS_EXCEEDED',
      `"target_identity" has more than ${MAX_TARGET_MEMBERS} members`,
    )
  }
  return length === 0 ? undefined : target
}

/** No coercion. `null` asks for a member that is null or missing. */
function isTarget(target: JsonObject, identity: Identity): boolean {
  return Object.keys(target).every((key) => {
    const wanted = target[key]
    const actual = Object.hasOwn(identity, key) ? identity[key] : undefined
    if (wanted === null) return actual === null || actual === undefined
    return typeof wanted === 'object' ? isDeepStrictEqual(wanted, actual) : wanted === actual
  })
}

/** Encodes the data, here where data that is nested too deep for that can still be refused. @throws InteropError */
export function assertEncodable(data: SharedMember): void {
  try {
    void data.json
  } catch (error) {
    if (!(error instanceof RangeError)) throw error
    throw new InteropError('ERR_INTEROP_FAILURE', '"data" is nested too deep', { cause: error })
  }
}
