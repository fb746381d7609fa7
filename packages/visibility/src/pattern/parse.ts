import { closeOverCase, isLarge } from './case-folding.ts'
import {
  complement,
  DIGIT,
  lastCharacter,
  LINE_TERMINATOR,
  SPACE,
  union,
  WORD,
  type CharSet,
} from './char-set.ts'
import type { Node, Property } from './node.ts'
import { PatternProblem } from './problem.ts'

/** Flags that change what a match of the whole value is. */
export interface PatternFlags {
  readonly ignoreCase: boolean
  readonly dotAll: boolean
  readonly unicode: boolean
}

/** What `\` and a letter stand for, where that is one character. */
const CONTROL: Readonly<Record<string, number>> = { t: 9, n: 10, v: 11, f: 12, r: 13 }
type Item = number | CharSet | Property

/** Most nested groups. */
const MAX_DEPTH = 100
/** Largest count of a repetition, and largest product of nested ones: the engine's own limit. */
const MAX_REPEAT = 1000
/** Most different large classes together with flag `i`: whoever compiles patterns of strangers has to be done soon. */
const MAX_LARGE_FOLDS = 16

/**
 * Parses the source of a `RegExp` that the runtime has accepted, and refuses as unsafe what needs backtracking or what the
 * engine cannot do exactly as ECMAScript says.
 */
export function parsePattern(source: string, flags: PatternFlags): Node {
  const { unicode, ignoreCase, dotAll } = flags
  const last = lastCharacter(unicode)
  const largeFolds = new Map<string, CharSet>()
  let at = 0
  const whole = choice(0)
  if (at < source.length) throw unsafe('has an unmatched ")"')
  return whole

  function choice(depth: number): Node {
    if (depth > MAX_DEPTH) throw unsafe(`has groups nested more than ${MAX_DEPTH} deep`)
    const nodes = [sequence(depth)]
    while (take('|')) nodes.push(sequence(depth))
    return nodes.length === 1 ? (nodes[0] as Node) : { type: 'choice', nodes }
  }

  function sequence(depth: number): Node {
    const nodes: Node[] = []
    while (at < source.length && source[at] !== '|' && source[at] !== ')') {
      nodes.push(quantified(atom(depth)))
    }
    return nodes.length === 1 ? (nodes[0] as Node) : { type: 'sequence', nodes }
  }

  function quantified(node: Node): Node {
    const counts = quantifier()
    if (counts === undefined) return node
    take('?')
    const [min, max] = counts
    const largest = Math.max(min, max === Infinity ? 0 : max)
    if (largest > MAX_REPEAT || largest * repetitions(node) > MAX_REPEAT) {
      throw unsafe(`repeats more than ${MAX_REPEAT} times`)
    }
    return { type: 'repeat', node, min, max }
  }

  function quantifier(): readonly [min: number, max: number] | undefined {
    if (take('*')) return [0, Infinity]
    if (take('+')) return [1, Infinity]
    if (take('?')) return [0, 1]
    // Without flag u a brace that begins no quantifier is itself.
    const braces = sticky(/\{(\d+)(,(\d*))?\}/y)
    if (braces === undefined) return undefined
    const [, min = '', comma, max = ''] = braces
    if (comma === undefined) return [Number(min), Number(min)]
    return [Number(min), max === '' ? Infinity : Number(max)]
  }

  function atom(depth: number): Node {
    if (take('(')) return group(depth)
    if (take('[')) return characterClass()
    if (take('.'))
      return { type: 'set', set: dotAll ? complement([], last) : complement(LINE_TERMINATOR, last) }
    if (take('^')) return { type: 'assertion', kind: 'start' }
    if (take('$')) return { type: 'assertion', kind: 'end' }
    if (take('\\')) return escape()
    const one = character()
    return { type: 'set', set: folded([[one, one]]) }
  }

  function group(depth: number): Node {
    if (!take('?:') && !sticky(/\?<(?![=!])[^>]*>/y) && source[at] === '?') {
      throw unsafe(
        /^\?<?[=!]/.test(source.slice(at, at + 3))
          ? 'looks around, which no linear-time engine can do'
          : 'has a kind of group that is not supported',
      )
    }
    const inner = choice(depth + 1)
    take(')')
    return inner
  }

  function escape(): Node {
    if (take('b')) return boundary('boundary')
    if (take('B')) return boundary('no-boundary')
    if (/[1-9k]/.test(source[at] ?? '')) {
      throw unsafe('has a back-reference, which no linear-time engine can do')
    }
    const item = escaped()
    if (typeof item === 'number') return { type: 'set', set: folded([[item, item]]) }
    if ('name' in item) return withProperties([], [item], false)
    return { type: 'set', set: folded(item) }
  }

  function boundary(kind: 'boundary' | 'no-boundary'): Node {
    // There U+017F and U+212A are word characters, which the engine's boundaries do not know.
    if (unicode && ignoreCase) throw unsafe('has a word boundary together with the flags i and u')
    return { type: 'assertion', kind }
  }

  function characterClass(): Node {
    const negated = take('^')
    const sets: CharSet[] = []
    const properties: Property[] = []
    while (!take(']')) {
      const low = classItem()
      if (source[at] !== '-' || source[at + 1] === ']') {
        add(low)
        continue
      }
      at += 1
      const high = classItem()
      if (typeof low === 'number' && typeof high === 'number') {
        sets.push([[low, high]])
      } else {
        // Without flag u a range that ends in a class is both ends and the hyphen.
        for (const item of [low, 0x2d, high]) add(item)
      }
    }
    const set = folded(union(...sets))
    if (properties.length > 0) return withProperties(set, properties, negated)
    return { type: 'set', set: negated ? complement(set, last) : set }

    function add(item: Item): void {
      if (typeof item === 'number') sets.push([[item, item]])
      else if ('name' in item) properties.push(item)
      else sets.push(item)
    }
  }

  function classItem(): Item {
    if (!take('\\')) return character()
    if (take('b')) return 8
    if (take('-')) return 0x2d
    return escaped()
  }

  /** What stands behind a backslash, in a class or outside. */
  function escaped(): Item {
    const letter = source[at] ?? ''
    const set = { d: DIGIT, s: SPACE, w: wordCharacters() }[letter.toLowerCase()]
    if (set !== undefined) {
      at += 1
      return letter === letter.toLowerCase() ? set : complement(set, last)
    }
    const property = unicode ? sticky(/[pP]\{([^}]*)\}/y)?.[1] : undefined
    if (property !== undefined) return { negated: letter === 'P', name: propertyName(property) }
    const control = CONTROL[letter]
    if (control !== undefined) {
      at += 1
      return control
    }
    const byControl = sticky(/c([A-Za-z])/y)?.[1]
    if (byControl !== undefined) return byControl.charCodeAt(0) % 32
    if (letter === 'c') throw unsafe('has "\\c" without a letter')
    if (/\d/.test(letter)) {
      if (sticky(/0(?!\d)/y)) return 0
      throw unsafe('has an octal escape or a back-reference in a class')
    }
    const hex = sticky(/x([\da-fA-F]{2})|u([\da-fA-F]{4})/y)
    if (hex !== undefined) return withTrail(Number.parseInt(hex[1] ?? hex[2] ?? '', 16))
    const point = unicode ? sticky(/u\{([\da-fA-F]+)\}/y)?.[1] : undefined
    if (point !== undefined) return Number.parseInt(point, 16)
    // Everything else stands for itself; with flag u the runtime has allowed syntax characters alone.
    return character()
  }

  /** With flag u two escaped surrogates are one character. */
  function withTrail(lead: number): number {
    if (!unicode || lead < 0xd8_00 || lead > 0xdb_ff) return lead
    const trail = sticky(/\\u([dD][c-fC-F][\da-fA-F]{2})/y)?.[1]
    return trail === undefined
      ? lead
      : (String.fromCharCode(lead, Number.parseInt(trail, 16)).codePointAt(0) ?? lead)
  }

  function wordCharacters(): CharSet {
    return unicode && ignoreCase ? closeOverCase(WORD, true) : WORD
  }

  function character(): number {
    const found = (unicode ? source.codePointAt(at) : source.charCodeAt(at)) ?? 0
    at += found > 0xff_ff ? 2 : 1
    return found
  }

  function folded(set: CharSet): CharSet {
    if (!ignoreCase) return set
    if (!isLarge(set)) return closeOverCase(set, unicode)
    const key = set.join()
    const known = largeFolds.get(key)
    if (known !== undefined) return known
    if (largeFolds.size === MAX_LARGE_FOLDS) throw unsafe('is too large')
    const closed = closeOverCase(set, unicode)
    largeFolds.set(key, closed)
    return closed
  }

  function withProperties(set: CharSet, properties: readonly Property[], negated: boolean): Node {
    if (ignoreCase) throw unsafe('has a Unicode property together with the flag i')
    return { type: 'set', set, class: { negated, properties } }
  }

  function take(text: string): boolean {
    if (!source.startsWith(text, at)) return false
    at += text.length
    return true
  }

  function sticky(expression: RegExp): RegExpExecArray | undefined {
    expression.lastIndex = at
    const found = expression.exec(source)
    if (found === null) return undefined
    at += found[0].length
    return found
  }
}

/** How the engine calls a property: categories by their short names, scripts by their own. */
function propertyName(written: string): string {
  const [, name] = /^(?:(?:Script|sc|General_Category|gc)=)?(\w+)$/.exec(written) ?? []
  if (name === undefined) throw unsafe('has a Unicode property that is not supported')
  return name
}

/** How often the innermost of nested repetitions happens at most, counting what has no end as its beginning. */
function repetitions(node: Node): number {
  if (node.type === 'set' || node.type === 'assertion') return 1
  if (node.type === 'repeat') {
    return Math.max(1, node.min, node.max === Infinity ? 0 : node.max) * repetitions(node.node)
  }
  return Math.max(1, ...node.nodes.map(repetitions))
}

function unsafe(message: string): PatternProblem {
  return new PatternProblem('unsafe', message)
}
