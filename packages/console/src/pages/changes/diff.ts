/** One member that is another one afterwards. */
export interface Difference {
  /** Dotted, such as `auth.issuer`. */
  readonly path: string
  readonly kind: 'added' | 'removed' | 'changed'
  readonly before: unknown
  readonly after: unknown
}

// Says nothing that the entry itself does not.
const NOISE = new Set(['version', 'updatedAt', 'updatedAtMs', 'etag'])
const MAX_DEPTH = 6

/** What differs between two records, by path; of a list what came and what went, or all of it where only its order changed. */
export function diff(before: unknown, after: unknown): readonly Difference[] {
  return walk('', before ?? undefined, after ?? undefined, 0)
}

function walk(path: string, before: unknown, after: unknown, depth: number): Difference[] {
  if (isRecord(before) && isRecord(after) && depth < MAX_DEPTH) return members(path, before, after, depth)
  // Of something new or gone each member is one line.
  if (path === '' && isRecord(before ?? after)) {
    return members('', isRecord(before) ? before : {}, isRecord(after) ? after : {}, depth)
  }
  if (isSame(before, after)) return []
  if (Array.isArray(before) && Array.isArray(after)) return items(path, before, after)
  const kind = before === undefined ? 'added' : after === undefined ? 'removed' : 'changed'
  return [{ path, kind, before, after }]
}

function members(
  path: string,
  before: Record<string, unknown>,
  after: Record<string, unknown>,
  depth: number,
): Difference[] {
  const names = new Set([...Object.keys(before), ...Object.keys(after)])
  return [...names]
    .filter((name) => !NOISE.has(name))
    .flatMap((name) =>
      walk(path === '' ? name : `${path}.${name}`, own(before, name), own(after, name), depth + 1),
    )
}

function items(path: string, before: readonly unknown[], after: readonly unknown[]): Difference[] {
  const without = (list: readonly unknown[], other: readonly unknown[]): readonly unknown[] =>
    list.filter((one) => !other.some((another) => isSame(one, another)))
  const gone = without(before, after)
  const come = without(after, before)
  if (gone.length + come.length === 0) return [{ path, kind: 'changed', before, after }]
  return [
    ...gone.map((one): Difference => ({ path, kind: 'removed', before: one, after: undefined })),
    ...come.map((one): Difference => ({ path, kind: 'added', before: undefined, after: one })),
  ]
}

function own(record: Record<string, unknown>, name: string): unknown {
  return Object.hasOwn(record, name) ? record[name] : undefined
}

/** Whether two values read alike; the order of members does not count, that of lists does. */
export function isSame(one: unknown, other: unknown): boolean {
  return JSON.stringify(sorted(one)) === JSON.stringify(sorted(other))
}

function sorted(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sorted)
  if (!isRecord(value)) return value
  const names = Object.keys(value).filter((name) => value[name] !== undefined)
  return { members: names.toSorted().map((name) => [name, sorted(value[name])]) }
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
