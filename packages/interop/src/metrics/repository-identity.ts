import { InteropError } from '../errors.ts'
import { isJsonObject } from '../protocol/parse.ts'
import type { Identity } from '../protocol/message.ts'
import { shapeOf } from './shape.ts'
import type { RepositoryIdentity } from './update.ts'

const REQUIRED = ['system', 'service', 'instance'] as const

/**
 * The identity of a peer's repository: defaults, overlaid with the options of its join, overlaid with the identity of the
 * peer. Every value is a string.
 *
 * @throws InteropError `ERR_INTEROP_BAD_IDENTITY`
 */
export function repositoryIdentity(
  identity: Identity,
  options: unknown,
  limits: { maxIdentityLength: number },
): RepositoryIdentity {
  const given = isJsonObject(options) ? options : {}
  const shape = shapeOf(given)
  if (shape === undefined || shape.size > limits.maxIdentityLength) {
    throw new InteropError(
      'ERR_INTEROP_BAD_IDENTITY',
      `the options of a repository have at most ${limits.maxIdentityLength} characters`,
    )
  }
  const merged = new Map<string, unknown>([
    ['machine', ''],
    ['process-id', ''],
    ['start-time', identity.startTime ?? Date.now()],
    ['os', ''],
    ['system', ''],
    ['service', identity.application ?? ''],
    ...Object.entries(given),
    ...Object.entries(identity),
  ])
  const missing = REQUIRED.find((key) => !merged.has(key))
  if (missing !== undefined) {
    throw new InteropError('ERR_INTEROP_BAD_IDENTITY', `Repository is missing required :${missing} property`)
  }
  const result = Object.create(null) as Record<string, string>
  for (const [key, value] of merged) result[key] = asText(value)
  return Object.freeze(result)
}

function asText(value: unknown): string {
  if (value === undefined || value === null) return ''
  return typeof value === 'string' ? value : JSON.stringify(value)
}
