/** How large a JSON value is. */
export interface Shape {
  /** Characters of its keys and texts, and a few for everything else: about its length as JSON. */
  readonly size: number
}

/** Levels of nesting that metrics may have. */
export const MAX_DEPTH = 32

const SCALAR_SIZE = 8

/** Undefined when the value nests deeper than {@link MAX_DEPTH}. */
export function shapeOf(value: unknown): Shape | undefined {
  const size = measure(value, 0)
  return size === undefined ? undefined : { size }
}

function measure(value: unknown, depth: number): number | undefined {
  if (typeof value === 'string') return value.length + 2
  if (typeof value !== 'object' || value === null) return SCALAR_SIZE
  if (depth === MAX_DEPTH) return undefined
  let size = SCALAR_SIZE
  for (const key of Object.keys(value)) {
    const of = measure((value as Record<string, unknown>)[key], depth + 1)
    if (of === undefined) return undefined
    size += of + (Array.isArray(value) ? 1 : key.length + 4)
  }
  return size
}
