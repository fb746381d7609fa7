import { useQueryClient, type QueryKey } from '@tanstack/react-query'
import { useEffect, useState } from 'react'
import { ApiError } from '../api/problem.ts'
import type { Answer } from '../api/request.ts'
import { lookAgain } from '../session/use-session.tsx'
import { showToast } from '../shell/toast-store.ts'
import { conflictRows, type ConflictRow } from './conflict.ts'
import { isSame } from './diff.ts'

interface EditOptions<Thing extends object, Fields, Changes extends object> {
  /** As it was last read; newer ones replace what is shown unless it is being edited. */
  answer: Answer<Thing>
  queryKey: QueryKey
  toFields: (thing: Thing) => Fields
  toChanges: (fields: Fields) => Changes
  read: () => Promise<Answer<Thing>>
  update: (changes: Changes, etag: string | null) => Promise<Answer<Thing>>
  /** What else shows a part of it, and is to be read again. */
  refresh: readonly QueryKey[]
}

/** Two who changed one thing: what each of them did. */
export interface EditConflict {
  readonly rows: readonly ConflictRow[]
  saveMine: () => void
  takeTheirs: () => void
}

export interface Edit<Fields> {
  readonly fields: Fields
  set: (changed: Partial<Fields>) => void
  readonly isDirty: boolean
  readonly isBusy: boolean
  readonly error: unknown
  readonly conflict: EditConflict | null
  save: () => void
  reset: () => void
  /** Back to editing, with the conflict unresolved: saving leads to it again. */
  closeConflict: () => void
}

/** Editing one thing of which somebody else may save another version in the meantime. */
export function useEdit<Thing extends object, Fields extends object, Changes extends object>(
  options: EditOptions<Thing, Fields, Changes>,
): Edit<Fields> {
  const { answer, queryKey, toFields, toChanges, read, update, refresh } = options
  const queries = useQueryClient()
  const [base, setBase] = useState(answer)
  const [fields, setFields] = useState(() => toFields(answer.data))
  const [state, setState] = useState<{ isBusy: boolean; error: unknown }>({ isBusy: false, error: null })
  const [theirs, setTheirs] = useState<Answer<Thing> | null>(null)
  const isDirty = !isSame(fields, toFields(base.data))

  const rebase = (to: Answer<Thing>): void => {
    setBase(to)
    setTheirs(null)
    setState({ isBusy: false, error: null })
  }
  const startFrom = (to: Answer<Thing>): void => {
    rebase(to)
    setFields(toFields(to.data))
  }
  /** What is being read at this moment may be of before. */
  const show = async (latest: Answer<Thing>): Promise<void> => {
    await queries.cancelQueries({ queryKey, exact: true })
    queries.setQueryData(queryKey, latest)
  }
  useEffect(() => {
    // What is being edited stays what it was read as: its version is what tells of a conflict.
    if (!isDirty && answer.etag !== base.etag) startFrom(answer)
    // Only what was read anew: after saving, the answer of before is there for a moment longer.
  }, [answer.etag])

  const changes = changedMembers(toChanges(toFields(base.data)), toChanges(fields))
  const save = async (etag: string | null): Promise<void> => {
    if (state.isBusy) return
    setState({ isBusy: true, error: null })
    try {
      const saved = await update(changes, etag)
      await show(saved)
      rebase(saved)
      // What was typed in the meantime is not lost.
      setFields((now) => (isSame(now, fields) ? toFields(saved.data) : now))
      for (const other of refresh) void queries.invalidateQueries({ queryKey: other })
      showToast('Saved')
    } catch (error) {
      lookAgain(queries, error)
      const isConflict = error instanceof ApiError && error.status === 412
      const current = isConflict ? await read().catch(() => null) : null
      setTheirs(current)
      setState({ isBusy: false, error: current === null ? error : null })
    }
  }

  const conflict = theirs && {
    rows: conflictRows(base.data, theirs.data, changes),
    saveMine: () => void save(theirs.etag),
    takeTheirs: () => {
      startFrom(theirs)
      void show(theirs)
    },
  }
  return {
    fields,
    set: (changed) => setFields((now) => ({ ...now, ...changed })),
    isDirty,
    ...state,
    conflict,
    save: () => void save(base.etag),
    reset: () => startFrom(answer),
    closeConflict: () => setTheirs(null),
  }
}

/** What an edit really changes: the rest is left to whoever else changes it. */
function changedMembers<Changes extends object>(before: Changes, after: Changes): Changes {
  const entries = Object.entries(after).filter(
    ([name, value]) => !isSame(value, (before as Record<string, unknown>)[name]),
  )
  return Object.fromEntries(entries) as Changes
}
