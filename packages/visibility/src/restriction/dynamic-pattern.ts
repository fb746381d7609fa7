import { MAX_NAME_LENGTH } from '../limits.ts'
import { compileInline, type Pattern } from '../pattern/compile-pattern.ts'
import { PatternProblem } from '../pattern/problem.ts'

/** A pattern or null for what is none, the least recently used first. */
type Cache = Map<string, Pattern | null>

/** Largest pattern of a stranger, as `sizeOf` measures: compiling it takes a millisecond or two. */
const MAX_SIZE = 400

const simple: Cache = new Map()
const MAX_SIMPLE = 256
/** Each of these keeps states as it meets values, up to eight megabytes. */
const complex: Cache = new Map()
const MAX_COMPLEX = 16

/** Compiles a pattern that an identity carries; undefined if it is none, or too long. Remembers the last ones. */
export function dynamicPattern(text: string): Pattern | undefined {
  if (text.length > MAX_NAME_LENGTH) return undefined
  let pattern = take(simple, text)
  if (pattern === undefined) pattern = take(complex, text)
  if (pattern === undefined) pattern = compileOrNull(text)
  if (pattern?.engine === 'linear') put(complex, MAX_COMPLEX, text, pattern)
  else put(simple, MAX_SIMPLE, text, pattern)
  return pattern ?? undefined
}

function take(cache: Cache, text: string): Pattern | null | undefined {
  const pattern = cache.get(text)
  cache.delete(text)
  return pattern
}

function put(cache: Cache, max: number, text: string, pattern: Pattern | null): void {
  const [oldest] = cache.keys()
  if (cache.size >= max && oldest !== undefined) cache.delete(oldest)
  cache.set(text, pattern)
}

function compileOrNull(text: string): Pattern | null {
  try {
    return compileInline(text, MAX_SIZE)
  } catch (error) {
    if (error instanceof PatternProblem) return null
    throw error
  }
}
