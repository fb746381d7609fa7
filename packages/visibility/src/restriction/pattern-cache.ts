import { compileInline, type Pattern } from '../pattern/compile-pattern.ts'
import { PatternProblem } from '../pattern/problem.ts'

export interface PatternCacheSettings {
  /** Largest pattern, as `sizeOf` measures. */
  readonly maxSize: number
  /** Most patterns that keep nothing between values. */
  readonly maxSimple: number
  /** Most patterns of the linear-time engine: each keeps states as it meets values, up to eight megabytes. */
  readonly maxLinear: number
}

/** A pattern or null for what is none, the least recently used first. */
type Entries = Map<string, Pattern | null>

/** Compiles the patterns of strangers, and remembers the last ones. */
export class PatternCache {
  readonly #settings: PatternCacheSettings
  readonly #simple: Entries = new Map()
  readonly #linear: Entries = new Map()

  constructor(settings: PatternCacheSettings) {
    this.#settings = settings
  }

  /** Undefined if the text is no pattern, or too large a one. */
  get(text: string): Pattern | undefined {
    let pattern = take(this.#simple, text)
    if (pattern === undefined) pattern = take(this.#linear, text)
    if (pattern === undefined) pattern = this.#compile(text)
    const { maxLinear, maxSimple } = this.#settings
    if (pattern?.engine === 'linear') put(this.#linear, maxLinear, text, pattern)
    else put(this.#simple, maxSimple, text, pattern)
    return pattern ?? undefined
  }

  #compile(text: string): Pattern | null {
    try {
      return compileInline(text, this.#settings.maxSize)
    } catch (error) {
      if (error instanceof PatternProblem) return null
      throw error
    }
  }
}

function take(entries: Entries, text: string): Pattern | null | undefined {
  const pattern = entries.get(text)
  if (pattern !== undefined) entries.delete(text)
  return pattern
}

function put(entries: Entries, max: number, text: string, pattern: Pattern | null): void {
  const [oldest] = entries.keys()
  if (entries.size >= max && oldest !== undefined) entries.delete(oldest)
  entries.set(text, pattern)
}
