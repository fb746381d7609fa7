import { InteropError } from '../../errors.ts'

/** How deeply data may be nested. */
export const MAX_DEPTH = 256

/**
 * Bytes of a value as JSON, with one byte more for each container that is not empty: every entry counts its comma, so that
 * an entry weighs the same wherever it stands.
 *
 * @throws InteropError `ERR_INTEROP_LIMITS_EXCEEDED` when it is nested too deeply
 */
export function weigh(value: unknown, depth = 0): number {
  if (value === null || value === undefined) return 4
  if (typeof value === 'string') return weighText(value)
  if (typeof value === 'boolean') return value ? 4 : 5
  if (typeof value !== 'object') return `${value as number}`.length
  if (depth >= MAX_DEPTH) throw tooDeep()
  let weight = 2
  if (Array.isArray(value)) {
    for (const item of value as unknown[]) weight += weigh(item, depth + 1) + 1
    return weight
  }
  for (const key of Object.keys(value)) {
    weight += weighText(key) + 2 + weigh((value as Record<string, unknown>)[key], depth + 1)
  }
  return weight
}

/** A member of an object: key, colon, value, comma. */
export function weighMember(key: string, value: unknown, depth: number): number {
  return weighText(key) + 2 + weigh(value, depth)
}

export function tooDeep(): InteropError {
  return new InteropError(
    'ERR_INTEROP_LIMITS_EXCEEDED',
    `Data of a context must not be nested more than ${MAX_DEPTH} levels`,
  )
}

function weighText(text: string): number {
  return Buffer.byteLength(JSON.stringify(text))
}
