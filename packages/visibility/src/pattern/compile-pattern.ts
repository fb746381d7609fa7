import { MAX_PATTERN_LENGTH } from '../limits.ts'
import { backtracking, linear, type Test } from './engines.ts'
import type { Node } from './node.ts'
import { parsePattern } from './parse.ts'
import { PatternProblem } from './problem.ts'
import { isSimple, literalsOf, sizeOf, topLevel } from './shape.ts'

/** A pattern for whole values of up to 256 characters, in time that grows with their length alone. */
export interface Pattern {
  /** `/…/flags` */
  readonly text: string
  /** What every match begins with. */
  readonly prefix: string
  /** What every match ends with. */
  readonly suffix: string
  /** Whether `prefix` is all that matches. */
  readonly literal: boolean
  /** `linear` keeps states between values, the others nothing. */
  readonly engine: 'comparison' | 'backtracking' | 'linear'
  /** How large it is after its repetitions are written out, in about the engine's instructions. */
  readonly size: number
  readonly test: Test
}

/** Largest pattern after its repetitions are written out, in about the engine's instructions. */
const MAX_SIZE = 5000

/**
 * Compiles a pattern of ECMAScript. Throws a {@link PatternProblem}: `invalid` for what is no regular expression, `unsafe`
 * for what is one and needs backtracking, is larger than `maxSize` or is outside of what is known to mean the same to the engine.
 */
export function compilePattern(source: string, flags: string, maxSize: number = MAX_SIZE): Pattern {
  const kept = checkFlags(flags)
  const native = compileNative(source, kept)
  if (native.source.length > MAX_PATTERN_LENGTH) {
    throw new PatternProblem('unsafe', `is longer than ${MAX_PATTERN_LENGTH} characters`)
  }
  const { ignoreCase, multiline, dotAll, unicode } = native
  const parts = topLevel(parsePattern(native.source, { ignoreCase, dotAll, unicode }), multiline)
  const node: Node = { type: 'sequence', nodes: parts }
  const size = sizeOf(node)
  if (size > maxSize) throw new PatternProblem('unsafe', 'is too large')
  const text = `/${native.source}/${kept}`
  const { prefix, suffix, longest, complete } = literalsOf(parts, unicode)
  const found = { text, prefix, suffix, size, literal: complete }
  if (complete) return { ...found, engine: 'comparison', test: (value) => value === prefix }
  if (isSimple(parts)) return { ...found, engine: 'backtracking', test: backtracking(node, unicode) }
  const matches = linear(node, unicode)
  // Looking for a text first costs next to nothing beside the engine.
  const test: Test = longest === '' ? matches : (value) => value.includes(longest) && matches(value)
  return { ...found, engine: 'linear', test }
}

/** A pattern as `#…` and restrictions write it: the flags may stand in front, `(?i)…`. */
export function compileInline(text: string, maxSize: number = MAX_SIZE): Pattern {
  const inline = /^\(\?([A-Za-z]+)\)/.exec(text)
  if (inline === null) return compilePattern(text, '', maxSize)
  return compilePattern(text.slice(inline[0].length), inline[1] ?? '', maxSize)
}

/** The flags that change a match of the whole value, in the order in which a `RegExp` has them. */
function checkFlags(flags: string): string {
  if (/[^dgimsuvy]/.test(flags) || new Set(flags).size !== flags.length) {
    throw new PatternProblem(
      'invalid',
      `has flags "${flags.slice(0, 16)}", where any of d, g, i, m, s, u, y can be; text that begins and ends like a pattern has to be written as one`,
    )
  }
  if (flags.includes('v')) throw new PatternProblem('unsafe', 'has the flag v, which is not supported')
  return ['i', 'm', 's', 'u'].filter((flag) => flags.includes(flag)).join('')
}

function compileNative(source: string, flags: string): RegExp {
  if (source === '') throw new PatternProblem('invalid', 'is empty')
  // Before the runtime looks at it, too.
  if (source.length > MAX_PATTERN_LENGTH) {
    throw new PatternProblem('unsafe', `is longer than ${MAX_PATTERN_LENGTH} characters`)
  }
  try {
    return new RegExp(source, flags)
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message.split(': ').at(-1) : undefined
    throw new PatternProblem('invalid', `is no regular expression: ${reason}`, { cause })
  }
}
