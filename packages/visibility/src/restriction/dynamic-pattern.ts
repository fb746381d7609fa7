import { MAX_NAME_LENGTH } from '../limits.ts'
import type { Pattern } from '../pattern/compile-pattern.ts'
import { PatternCache } from './pattern-cache.ts'

/** Compiling one of this size takes a fraction of a millisecond, and any call may have to. */
const cache = new PatternCache({ maxSize: 400, maxSimple: 256, maxLinear: 32 })

/** Compiles a pattern that an identity carries; undefined if it is none, or too long. */
export function dynamicPattern(text: string): Pattern | undefined {
  return text.length > MAX_NAME_LENGTH ? undefined : cache.get(text)
}
