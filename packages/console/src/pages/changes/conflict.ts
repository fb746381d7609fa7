import { diff, isSame } from './diff.ts'

/** One member in an edit that met another one. */
export interface ConflictRow {
  /** Dotted, such as `auth.issuer`. */
  readonly path: string
  /** When the editing began. */
  readonly base: unknown
  /** What it is now. */
  readonly theirs: unknown
  /** What the edit makes of it; the same as `base` where it leaves it alone. */
  readonly mine: unknown
  /** Whether both changed it, to different things. */
  readonly isContested: boolean
}

// An edit leaves secrets alone, and one that it brings is not to be shown.
const WRITE_ONLY = /(^|\.)secrets?$/

/**
 * What two people did to one record.
 *
 * @param base - as it was when the editing began
 * @param theirs - as it is now
 * @param changes - the members that the edit replaces
 */
export function conflictRows(base: object, theirs: object, changes: object): readonly ConflictRow[] {
  const mine = { ...base, ...changes }
  const theirPaths = diff(base, theirs).map(({ path }) => path)
  const myPaths = diff(base, mine).map(({ path }) => path)
  const paths = new Set([...theirPaths, ...myPaths].filter((path) => !WRITE_ONLY.test(path)))
  return [...paths].map((path) => {
    const row = { path, base: at(base, path), theirs: at(theirs, path), mine: at(mine, path) }
    const isContested =
      !isSame(row.theirs, row.base) && !isSame(row.mine, row.base) && !isSame(row.theirs, row.mine)
    return { ...row, isContested }
  })
}

function at(record: unknown, path: string): unknown {
  return path
    .split('.')
    .reduce<unknown>(
      (value, name) =>
        typeof value === 'object' && value !== null && Object.hasOwn(value, name)
          ? (value as Record<string, unknown>)[name]
          : undefined,
      record,
    )
}
