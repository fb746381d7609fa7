import { instrumentWith } from './instruments.ts'

/** A note on an instrument, and the desk that wrote it. */
export interface Note {
  text: string
  by: string
}

/** What all windows of a user see: the data of the shared context. */
export interface DeskState {
  /** Instrument in focus, and the desk that chose it. */
  focus: { id: string; by: string } | undefined
  /** By instrument. */
  notes: ReadonlyMap<string, Note>
}

export const MAX_NOTE_LENGTH = 500

/** Reads what stands in the context. Anything may: other programs of the same user can write it too. */
export function readDeskState(data: unknown): DeskState {
  const { focus, notes } = membersOf(data)
  const { id, by } = membersOf(focus)
  const known = new Map<string, Note>()
  for (const [key, note] of Object.entries(membersOf(notes))) {
    const { text, by: author } = membersOf(note)
    if (instrumentWith(key) === undefined || typeof text !== 'string' || typeof author !== 'string') continue
    known.set(key, { text: text.slice(0, MAX_NOTE_LENGTH), by: author })
  }
  const isKnown = typeof id === 'string' && typeof by === 'string' && instrumentWith(id) !== undefined
  return { focus: isKnown ? { id, by } : undefined, notes: known }
}

function membersOf(value: unknown): Record<string, unknown> {
  return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : {}
}
