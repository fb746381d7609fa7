import { RestrictionError } from '../errors.ts'
import { MAX_NAME_LENGTH } from '../limits.ts'
import { PatternProblem } from '../pattern/problem.ts'
import type { Identity } from '../rules/types.ts'
import { dynamicPattern } from './dynamic-pattern.ts'
import { parseRestriction, type Condition, type Operand } from './parse.ts'
import { staticPattern } from './static-pattern.ts'

/** Limits of one restriction, all integers >= 1. */
export interface RestrictionLimits {
  /** Longest text, UTF-16 units. @defaultValue 1024 */
  maxLength?: number | undefined
  /** Deepest nesting of parentheses. @defaultValue 32 */
  maxDepth?: number | undefined
  /** Most comparisons and bare operands. @defaultValue 64 */
  maxTerms?: number | undefined
  /**
   * Largest size of the patterns written in it, together, once their counts are written out; about a unit per character or
   * class. @defaultValue 1000
   */
  maxPatternSize?: number | undefined
  /** Most patterns that come out of identities. @defaultValue 8 */
  maxDynamicPatterns?: number | undefined
}

/** A compiled restriction. */
export interface Restriction {
  /** The text as given; empty for null and undefined. */
  readonly text: string
  /** True for null, undefined and the empty string, which hold for everybody. */
  readonly unrestricted: boolean
  /** Size of the patterns written in it, together: what it costs to compile. */
  readonly patternSize: number
  /**
   * Whether it holds. `own` is what `#` reads, the identity of whoever set the restriction; `other` is what `$` reads.
   * Own members only; null counts as missing.
   */
  test(own: Identity, other: Identity): boolean
}

type Test = (own: Identity, other: Identity) => boolean
type Read = (own: Identity, other: Identity) => unknown

/**
 * Compiles an expression such as `$user == #user || ($application ? 'desk.*' && $region != 'eu')`.
 *
 * `&&` and `||` bind equally strongly and go from left to right. `==` and `!=` compare strictly, a missing member equals a
 * missing member; `?` asks whether the string on the left matches the pattern on the right as a whole, and does not hold
 * if either is missing, no string or longer than 256 characters, or if a pattern that comes out of an identity is none.
 * A bare operand asks whether it is there.
 *
 * Throws a {@link RestrictionError} for anything else, blanks included, and a `TypeError` for a limit that is none.
 */
export function compileRestriction(
  text: string | null | undefined,
  limits: RestrictionLimits = {},
): Restriction {
  const maxLength = limit('maxLength', limits.maxLength, 1024)
  const maxDepth = limit('maxDepth', limits.maxDepth, 32)
  const maxTerms = limit('maxTerms', limits.maxTerms, 64)
  const patterns: PatternBudget = {
    size: 0,
    maxSize: limit('maxPatternSize', limits.maxPatternSize, 1000),
    dynamic: 0,
    maxDynamic: limit('maxDynamicPatterns', limits.maxDynamicPatterns, 8),
  }
  if (text === null || text === undefined || text === '') {
    return { text: '', unrestricted: true, patternSize: 0, test: () => true }
  }
  if (typeof text !== 'string') {
    const expected = 'a string'
    throw new RestrictionError('ERR_VISIBILITY_RESTRICTION_INVALID', `the restriction must be ${expected}`, {
      position: 0,
      expected,
    })
  }
  const test = compileCondition(parseRestriction(text, { maxLength, maxDepth, maxTerms }), patterns)
  return { text, unrestricted: false, patternSize: patterns.size, test }
}

/** What the patterns of one restriction may cost, and cost so far. */
interface PatternBudget {
  size: number
  readonly maxSize: number
  dynamic: number
  readonly maxDynamic: number
}

function compileCondition(condition: Condition, patterns: PatternBudget): Test {
  if (condition.type === 'chain') return compileChain(condition, patterns)
  if (condition.type === 'comparison') return compileComparison(condition, patterns)
  const read = reader(condition.operand)
  return (own, other) => read(own, other) !== undefined
}

function compileChain({ first, rest }: Extract<Condition, { type: 'chain' }>, patterns: PatternBudget): Test {
  const begin = compileCondition(first, patterns)
  if (rest.length === 0) return begin
  const steps = rest.map(({ join, condition }) => ({
    and: join === '&&',
    test: compileCondition(condition, patterns),
  }))
  return (own, other) => {
    let holds = begin(own, other)
    for (const { and, test } of steps) {
      if (holds === and) holds = test(own, other)
    }
    return holds
  }
}

function compileComparison(
  { left, operator, right }: Extract<Condition, { type: 'comparison' }>,
  patterns: PatternBudget,
): Test {
  const a = reader(left)
  if (operator === '?') {
    const matches = patternTest(right, patterns)
    return (own, other) => {
      const value = a(own, other)
      return typeof value === 'string' && value.length <= MAX_NAME_LENGTH && matches(value, own, other)
    }
  }
  const b = reader(right)
  const wanted = operator === '=='
  return (own, other) => (a(own, other) === b(own, other)) === wanted
}

function patternTest(
  operand: Operand,
  patterns: PatternBudget,
): (value: string, own: Identity, other: Identity) => boolean {
  if (operand.type === 'text') return writtenPattern(operand.value, operand.position, patterns)
  patterns.dynamic += 1
  if (patterns.dynamic > patterns.maxDynamic) {
    const message = `there are more than ${patterns.maxDynamic} patterns out of identities`
    throw new RestrictionError('ERR_VISIBILITY_RESTRICTION_LIMIT', message, { position: operand.position })
  }
  const read = reader(operand)
  return (value, own, other) => {
    const text = read(own, other)
    return typeof text === 'string' && (dynamicPattern(text)?.test(value) ?? false)
  }
}

function writtenPattern(text: string, position: number, patterns: PatternBudget): (value: string) => boolean {
  try {
    const { size, test } = staticPattern(text, patterns.maxSize - patterns.size)
    patterns.size += size
    return test
  } catch (cause) {
    if (!(cause instanceof PatternProblem)) throw cause
    throw new RestrictionError('ERR_VISIBILITY_RESTRICTION_PATTERN', `the pattern ${cause.message}`, {
      position,
      cause,
    })
  }
}

function reader(operand: Operand): Read {
  if (operand.type === 'text' || operand.type === 'number') return () => operand.value
  const { name } = operand
  return operand.type === 'own' ? (own) => member(own, name) : (_, other) => member(other, name)
}

function member(identity: Identity | null | undefined, name: string): unknown {
  if (identity === null || identity === undefined || !Object.hasOwn(identity, name)) return undefined
  return identity[name] ?? undefined
}

function limit(name: string, value: number | undefined, fallback: number): number {
  if (value === undefined) return fallback
  if (!Number.isInteger(value) || value < 1) throw new TypeError(`"limits.${name}" must be an integer >= 1`)
  return value
}
