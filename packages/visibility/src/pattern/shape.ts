import { MAX_NAME_LENGTH } from '../limits.ts'
import { onlyCharacter } from './char-set.ts'
import type { Node } from './node.ts'
import { PatternProblem } from './problem.ts'

/** Most ways a backtracking engine may have to try before another one is used. */
const MAX_WAYS = 520

/**
 * The parts that follow one another at the top, without `^` in front and `$` behind, which a match of the whole value does
 * not need, with flag m either.
 */
export function topLevel(node: Node, multiline: boolean): readonly Node[] {
  const nodes = flatten(node)
  const first = nodes.findIndex((one) => !isEdge(one, 'start'))
  const end = nodes.findLastIndex((one) => !isEdge(one, 'end'))
  const parts = first === -1 ? [] : nodes.slice(first, end + 1)
  if (multiline && parts.some(hasEdge)) {
    throw new PatternProblem('unsafe', 'has ^ or $ in its middle together with the flag m')
  }
  return parts
}

/** Texts that are in all matches. */
export interface Literals {
  /** What they begin with. */
  readonly prefix: string
  /** What they end with; empty if `complete`. */
  readonly suffix: string
  /** The longest that is anywhere in them. */
  readonly longest: string
  /** Whether the beginning is all there is to them. */
  readonly complete: boolean
}

/** The texts that everything has in it that the parts match one after another. */
export function literalsOf(parts: readonly Node[], unicode: boolean): Literals {
  const characters = parts.map((part) => literalCharacter(part, unicode))
  const first = characters.indexOf(undefined)
  if (first === -1) {
    const text = characters.join('')
    return { prefix: text, suffix: '', longest: text, complete: true }
  }
  let longest = ''
  let run = ''
  for (const character of characters) {
    run = character === undefined ? '' : run + character
    if (run.length > longest.length) longest = run
  }
  return {
    prefix: characters.slice(0, first).join(''),
    suffix: characters.slice(characters.lastIndexOf(undefined) + 1).join(''),
    longest,
    complete: false,
  }
}

function literalCharacter(part: Node, unicode: boolean): string | undefined {
  const character = part.type === 'set' && part.class === undefined ? onlyCharacter(part.set) : undefined
  if (character === undefined) return undefined
  // With flag u half a character is never part of a whole one, which strings cannot tell.
  if (unicode && character >= 0xd8_00 && character <= 0xdf_ff) return undefined
  return String.fromCodePoint(character)
}

/** Whether the runtime's own engine needs at most a few passes over a name, however it backtracks. */
export function isSimple(parts: readonly Node[]): boolean {
  return ways({ type: 'sequence', nodes: parts }) <= MAX_WAYS
}

/** How many instructions a pattern is, about. */
export function sizeOf(node: Node): number {
  if (node.type === 'set') return 1 + node.set.length / 4
  if (node.type === 'assertion') return 1
  if (node.type === 'repeat') {
    return sizeOf(node.node) * (node.max === Infinity ? node.min + 1 : Math.max(1, node.max)) + 1
  }
  return node.nodes.reduce((sum, one) => sum + sizeOf(one), 1)
}

/** In how many ways a node can match at one place of a name, at most. */
function ways(node: Node): number {
  // Properties are left to the engine that knows them by the names used here.
  if (node.type === 'set') return node.class === undefined ? 1 : Infinity
  if (node.type === 'assertion') return 1
  if (node.type === 'sequence') return node.nodes.reduce((product, one) => product * ways(one), 1)
  if (node.type === 'choice') return node.nodes.reduce((sum, one) => sum + ways(one), 0)
  if (node.node.type === 'set') {
    return ways(node.node) * (Math.min(node.max, MAX_NAME_LENGTH + node.min) - node.min + 1)
  }
  return node.min === node.max ? ways(node.node) ** node.min : Infinity
}

function flatten(node: Node): readonly Node[] {
  return node.type === 'sequence' ? node.nodes.flatMap(flatten) : [node]
}

function isEdge(node: Node, kind: 'start' | 'end'): boolean {
  return node.type === 'assertion' && node.kind === kind
}

function hasEdge(node: Node): boolean {
  if (node.type === 'repeat') return hasEdge(node.node)
  if (node.type === 'sequence' || node.type === 'choice') return node.nodes.some(hasEdge)
  return isEdge(node, 'start') || isEdge(node, 'end')
}
