import type { Writable } from 'node:stream'
import { safeJson, safeText } from './safe-text.ts'
import { fieldLines, tableLines } from './table.ts'

/** Where a command writes. Whatever it is given is made safe for a terminal; one call never forges another line. */
export interface Printer {
  /** One line on stdout. */
  line(text: string): void
  /** A value on stdout, for machines. */
  json(value: unknown): void
  /** A table on stdout; with no rows, `nothing` on stderr, so that stdout stays empty. */
  table(headings: readonly string[], rows: readonly (readonly string[])[], nothing: string): void
  /** Names and values on stdout. */
  fields(fields: readonly (readonly [name: string, value: string])[]): void
  /** One line on stderr. */
  note(text: string): void
  /** One line on stderr that somebody should read. */
  warn(text: string): void
}

/** A printer on two streams. */
export function createPrinter(stdout: Writable, stderr: Writable): Printer {
  const out = (text: string): void => void stdout.write(`${text}\n`)
  const note = (text: string): void => void stderr.write(`${safeText(text)}\n`)
  return {
    line: (text) => out(safeText(text)),
    json: (value) => out(safeJson(value)),
    table(headings, rows, nothing) {
      if (rows.length === 0) return note(nothing)
      for (const line of tableLines(headings, rows)) out(line)
    },
    fields(fields) {
      for (const line of fieldLines(fields)) out(line)
    },
    note,
    warn: (text) => note(`warning: ${text}`),
  }
}
