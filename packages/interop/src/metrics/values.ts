import { InteropError } from '../errors.ts'
import { isJsonObject } from '../protocol/parse.ts'
import { shapeOf } from './shape.ts'
import type { DataPoint, WrappedValue } from './update.ts'

/** One value that a peer published. */
export interface Value {
  readonly name: string
  readonly raw: unknown
  readonly point: DataPoint
  /** Characters, about. */
  readonly size: number
}

/** Characters, about, of one value. */
const MAX_VALUE_SIZE = 65_536

const MAX_VALUES = 10_000

/**
 * The values of a `publish` message. All of them or none.
 *
 * @throws InteropError `ERR_INTEROP_FAILURE`, `ERR_INTEROP_LIMITS_EXCEEDED`
 */
export function readValues(values: unknown): Value[] {
  if (!Array.isArray(values)) throw new InteropError('ERR_INTEROP_FAILURE', '"values" must be a list')
  if (values.length > MAX_VALUES) {
    throw new InteropError('ERR_INTEROP_LIMITS_EXCEEDED', `a message holds at most ${MAX_VALUES} values`)
  }
  return (values as unknown[]).map((value, index) => readValue(value, `values[${index}]`))
}

function readValue(value: unknown, path: string): Value {
  if (!isJsonObject(value) || typeof value.name !== 'string') {
    throw new InteropError('ERR_INTEROP_FAILURE', `"${path}" must be an object with a "name"`)
  }
  const raw = value.value ?? null
  const shape = shapeOf(raw)
  if (shape === undefined || shape.size > MAX_VALUE_SIZE) {
    throw new InteropError(
      'ERR_INTEROP_LIMITS_EXCEEDED',
      `"${path}.value" is larger than ${MAX_VALUE_SIZE} characters`,
    )
  }
  const timestamp = Number.isFinite(value.timestamp) ? (value.timestamp as number) : Date.now()
  return { name: value.name, raw, point: { timestamp, value: wrap(raw) }, size: shape.size }
}

function wrap(value: unknown): WrappedValue {
  if (!isJsonObject(value)) return { value }
  const members = Object.create(null) as Record<string, WrappedValue>
  for (const [key, member] of Object.entries(value)) members[key] = wrap(member)
  return { value: members }
}
