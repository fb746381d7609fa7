import { RestrictionError } from '../errors.ts'
import { MAX_NAME_LENGTH } from '../limits.ts'
import { compileInline } from '../pattern/compile-pattern.ts'
import { PatternProblem } from '../pattern/problem.ts'
import type { Identity } from '../rules/types.ts'
import { dynamicPattern } from './dynamic-pattern.ts'
import { parseRestriction, type Condition, type Operand } from './parse.ts'

/** Limits of one restriction, all integers >= 1. */
export interface RestrictionLimits {
  /** Longest text, UTF-16 units. @defaultValue 1024 */
  maxLength?: number | undefined
  /** Deepest nesting of parentheses. @defaultValue 32 */
  maxDepth?: number | undefined
  /** Most comparisons and bare operands. @defaultValue 64 */
  maxTerms?: number | undefined
}

/** A compiled restriction. */
export interface Restriction {
  /** The text as given; empty for null and undefined. */
  readonly text: string
  /** True for null, undefined and the empty string, which hold for everybody. */
  readonly unrestricted: boolean
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
  if (text === null || text === undefined || text === '') {
    return { text: '', unrestricted: true, test: () => true }
  }
  if (typeof text !== 'string') {
    const expected = 'a string'
    throw new RestrictionError('ERR_VISIBILITY_RESTRICTION_INVALID', `the restriction must be ${expected}`, {
      position: 0,
      expected,
    })
  }
  const test = compileCondition(parseRestriction(text, { maxLength, maxDepth, maxTerms }))
  return { text, unrestricted: false, test }
}

function compileCondition(condition: Condition): Test {
  if (condition.type === 'chain') return compileChain(condition)
  if (condition.type === 'comparison') return compileComparison(condition)
  const read = reader(condition.operand)
  return (own, other) => read(own, other) !== undefined
}

function compileChain({ first, rest }: Extract<Condition, { type: 'chain' }>): Test {
  const begin = compileCondition(first)
  if (rest.length === 0) return begin
  const steps = rest.map(({ join, condition }) => ({ and: join === '&&', test: compileCondition(condition) }))
  return (own, other) => {
    let holds = begin(own, other)
    for (const { and, test } of steps) {
      if (holds === and) holds = test(own, other)
    }
    return holds
  }
}

function compileComparison({ left, operator, right }: Extract<Condition, { type: 'comparison' }>): Test {
  const a = reader(left)
  if (operator === '?') {
    const matches = patternTest(right)
    return (own, other) => {
      const value = a(own, other)
      return typeof value === 'string' && value.length <= MAX_NAME_LENGTH && matches(value, own, other)
    }
  }
  const b = reader(right)
  const wanted = operator === '=='
  return (own, other) => (a(own, other) === b(own, other)) === wanted
}

function patternTest(operand: Operand): (value: string, own: Identity, other: Identity) => boolean {
  if (operand.type === 'text') {
    const pattern = staticPattern(operand.value, operand.position)
    return (value) => pattern.test(value)
  }
  const read = reader(operand)
  return (value, own, other) => {
    const text = read(own, other)
    return typeof text === 'string' && (dynamicPattern(text)?.test(value) ?? false)
  }
}

function staticPattern(text: string, position: number): ReturnType<typeof compileInline> {
  try {
    return compileInline(text)
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
