import { RE2JS } from 're2js'
import type { Node } from './node.ts'
import { print, type Dialect } from './print.ts'
import { PatternProblem } from './problem.ts'

/** Whether a whole value matches. */
export type Test = (value: string) => boolean

/** The runtime's engine, which backtracks: for patterns that are known to be simple. */
export function backtracking(node: Node, unicode: boolean): Test {
  const escape = unicode
    ? (character: number) => `\\u{${character.toString(16)}}`
    : (unit: number) => `\\u${unit.toString(16).padStart(4, '0')}`
  const dialect: Dialect = {
    range: (low, high) => (low === high ? escape(low) : `${escape(low)}-${escape(high)}`),
    nothing: '[]',
    start: '^',
    end: '$',
  }
  const native = new RegExp(`^(?:${print(node, dialect)})$`, unicode ? 'u' : '')
  return (value) => native.test(value)
}

/** RE2, which looks at each character of a value once, in all states it can be in. */
export function linear(node: Node, unicode: boolean): Test {
  const source = print(node, unicode ? CODE_POINTS : UNITS)
  let engine: RE2JS
  try {
    engine = RE2JS.compile(source)
  } catch (cause) {
    throw new PatternProblem('unsafe', 'is refused by the linear-time engine', { cause })
  }
  if (unicode) return (value) => engine.testExact(value)
  return (value) =>
    engine.testExact(SURROGATE.test(value) ? value.replaceAll(SURROGATES, moveSurrogate) : value)
}

const CODE_POINTS: Dialect = {
  range: (low, high) => (low === high ? hex(low) : `${hex(low)}-${hex(high)}`),
  nothing: '[^\\x{0}-\\x{10FFFF}]',
  start: '\\A',
  end: '\\z',
}

/*
 * Without flag u a pattern sees UTF-16 units, and the engine always sees code points. So surrogates, in patterns and in
 * values, are moved to the end of a private plane, where nothing else can be when there are only units.
 */
const MOVE = 0x10_f8_00 - 0xd8_00
const SURROGATE = /[\ud800-\udfff]/
const SURROGATES = /[\ud800-\udfff]/g
const moveSurrogate = (unit: string): string => String.fromCodePoint(unit.charCodeAt(0) + MOVE)

const UNITS: Dialect = {
  ...CODE_POINTS,
  range: (low, high) => {
    const parts: string[] = []
    if (low < 0xd8_00) parts.push(CODE_POINTS.range(low, Math.min(high, 0xd7_ff)))
    if (low <= 0xdf_ff && high >= 0xd8_00) {
      parts.push(CODE_POINTS.range(Math.max(low, 0xd8_00) + MOVE, Math.min(high, 0xdf_ff) + MOVE))
    }
    if (high > 0xdf_ff) parts.push(CODE_POINTS.range(Math.max(low, 0xe0_00), high))
    return parts.join('')
  },
}

function hex(character: number): string {
  return `\\x{${character.toString(16)}}`
}
