import { safeText } from './safe-text.ts'

/** Longest text of one cell; a longer one ends with an ellipsis. */
const MAX_CELL = 120

/** Rows under headings, in columns as wide as they need to be. Every cell is made safe for a terminal. */
export function tableLines(headings: readonly string[], rows: readonly (readonly string[])[]): string[] {
  const lines = [headings, ...rows.map((row) => row.map((cell) => cut(safeText(cell))))]
  const widths = headings.map((_, column) => Math.max(...lines.map((line) => (line[column] ?? '').length)))
  return lines.map((line) =>
    line
      .map((cell, column) => (column === line.length - 1 ? cell : cell.padEnd(widths[column] ?? 0)))
      .join('  ')
      .trimEnd(),
  )
}

/** Names and values below each other, both made safe for a terminal: names of claims come from strangers, too. */
export function fieldLines(fields: readonly (readonly [name: string, value: string])[]): string[] {
  const safe = fields.map(([name, value]) => [safeText(name), safeText(value)] as const)
  const width = Math.max(0, ...safe.map(([name]) => name.length))
  return safe.map(([name, value]) => `${name.padEnd(width)}  ${value}`.trimEnd())
}

function cut(text: string): string {
  const characters = Array.from(text)
  return characters.length <= MAX_CELL ? text : `${characters.slice(0, MAX_CELL - 1).join('')}…`
}
