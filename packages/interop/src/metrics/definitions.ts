import { InteropError } from '../errors.ts'
import type { InteropLimits } from '../gateway/limits.ts'
import { isJsonObject } from '../protocol/parse.ts'
import { shapeOf } from './shape.ts'
import type { MetricDefinition } from './update.ts'

const TYPES: ReadonlySet<unknown> = new Set(['string', 'number', 'timestamp', 'object'])

/** Characters, about, of one definition. */
const MAX_DEFINITION_SIZE = 16_384

/**
 * The metrics of a `define` message, by name. All of them or none.
 *
 * @throws InteropError `ERR_INTEROP_FAILURE`, `ERR_INTEROP_LIMITS_EXCEEDED`
 */
export function readDefinitions(
  metrics: unknown,
  limits: Pick<InteropLimits, 'maxMetricsPerPeer' | 'maxNameLength'>,
): Map<string, MetricDefinition> {
  if (!Array.isArray(metrics)) throw invalid('"metrics" must be a list')
  if (metrics.length > limits.maxMetricsPerPeer) {
    throw exceeded(`a peer defines at most ${limits.maxMetricsPerPeer} metrics`)
  }
  const definitions = new Map<string, MetricDefinition>()
  for (const [index, metric] of (metrics as unknown[]).entries()) {
    const path = `metrics[${index}]`
    if (!isJsonObject(metric)) throw invalid(`"${path}" must be an object`)
    const shape = shapeOf(metric)
    if (shape === undefined || shape.size > MAX_DEFINITION_SIZE) {
      throw exceeded(`"${path}" is larger than ${MAX_DEFINITION_SIZE} characters`)
    }
    const { name, ...definition } = metric
    if (typeof name !== 'string' || name === '') throw invalid(`"${path}.name" must be a text`)
    if (name.length > limits.maxNameLength) {
      throw exceeded(`"${path}.name" is longer than ${limits.maxNameLength} characters`)
    }
    assertDefinition(definition, path)
    definitions.set(name, freeze(definition))
  }
  return definitions
}

/** The depth is bounded by `shapeOf` before. */
function assertDefinition(definition: Readonly<Record<string, unknown>>, path: string): void {
  if (!TYPES.has(definition.type)) {
    throw invalid(`"${path}.type" must be one of string, number, timestamp and object`)
  }
  if (definition.type !== 'object') return
  const { composite } = definition
  if (!isJsonObject(composite)) throw invalid(`"${path}.composite" must be an object`)
  for (const [key, member] of Object.entries(composite)) {
    const of = `${path}.composite.${key}`
    if (!isJsonObject(member)) throw invalid(`"${of}" must be an object`)
    assertDefinition(member, of)
  }
}

function freeze<T>(value: T): T {
  if (typeof value === 'object' && value !== null) {
    for (const member of Object.values(value)) freeze(member)
    Object.freeze(value)
  }
  return value
}

function invalid(message: string): InteropError {
  return new InteropError('ERR_INTEROP_FAILURE', message)
}

function exceeded(message: string): InteropError {
  return new InteropError('ERR_INTEROP_LIMITS_EXCEEDED', message)
}
