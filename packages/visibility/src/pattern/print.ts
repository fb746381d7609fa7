import type { Node } from './node.ts'

/** How an engine writes what patterns are made of. */
export interface Dialect {
  /** One character or a range of them, fit for a class. */
  range(low: number, high: number): string
  /** A class that matches nothing. */
  readonly nothing: string
  readonly start: string
  readonly end: string
}

/** Writes a tree as the source of an engine's pattern, with no flag but what the dialect implies. */
export function print(node: Node, dialect: Dialect): string {
  if (node.type === 'set') return printSet(node, dialect)
  if (node.type === 'choice') return node.nodes.map((one) => print(one, dialect)).join('|')
  if (node.type === 'sequence') {
    return node.nodes
      .map((one) => (one.type === 'choice' ? `(?:${print(one, dialect)})` : print(one, dialect)))
      .join('')
  }
  if (node.type === 'repeat') {
    const { min, max } = node
    return `(?:${print(node.node, dialect)})${max === Infinity ? `{${min},}` : `{${min},${max}}`}`
  }
  return { start: dialect.start, end: dialect.end, boundary: '\\b', 'no-boundary': '\\B' }[node.kind]
}

function printSet(node: Extract<Node, { type: 'set' }>, dialect: Dialect): string {
  const ranges = node.set.map(([low, high]) => dialect.range(low, high)).join('')
  if (node.class === undefined) return ranges === '' ? dialect.nothing : `[${ranges}]`
  const properties = node.class.properties.map(({ negated, name }) => `\\${negated ? 'P' : 'p'}{${name}}`)
  return `[${node.class.negated ? '^' : ''}${ranges}${properties.join('')}]`
}
