import { compileInline } from '../pattern/compile-pattern.ts'
import type { Test } from '../pattern/engines.ts'
import { PatternCache } from './pattern-cache.ts'

/** A pattern that is written in a restriction. */
export interface StaticPattern {
  /** As `sizeOf` measures. */
  readonly size: number
  readonly test: Test
}

/** Of any size: what comes here was measured before. */
const cache = new PatternCache({ maxSize: Infinity, maxSimple: 1, maxLinear: 32 })

/**
 * Compiles a pattern of at most `maxSize`. There are as many restrictions as clients care to send, so that none may keep what
 * the linear-time engine keeps: the last few do, the others compile it again when they are asked.
 *
 * Throws a `PatternProblem` for what is none.
 */
export function staticPattern(text: string, maxSize: number): StaticPattern {
  const { engine, prefix, suffix, size, test } = compileInline(text, maxSize)
  if (engine !== 'linear') return { size, test }
  return {
    size,
    test: (value) =>
      value.startsWith(prefix) && value.endsWith(suffix) && cache.get(text)?.test(value) === true,
  }
}
