/** Which part of a list is asked for. */
export interface DescriptionPageRequest {
  /** `next` of the page before. @defaultValue the first page */
  after?: string | undefined
  /** Most items, an integer from 1 to 200. @defaultValue 100 */
  limit?: number | undefined
}

/** A part of a list. */
export interface DescriptionPage<Item> {
  items: Item[]
  /** For the page after this one; null when there is none. Means nothing but to the gateway. */
  next: string | null
}

/** What a list is sorted by. Ends with what no two entries have in common. */
export type SortKey = readonly string[]

const DEFAULT_LIMIT = 100
const MAX_LIMIT = 200
const MAX_CURSOR_LENGTH = 8192

/**
 * Takes one page out of entries in any order, in one pass, and keeps no more of them than a page. What comes and goes between
 * two pages moves nothing else: no entry is missed or shown twice that was there all the time.
 *
 * @param keyOf - MUST be the same whenever it is asked about an entry
 * @throws TypeError for a limit out of range, or an `after` that no page ended with
 */
export function pageOf<Entry, Item>(
  entries: Iterable<Entry>,
  keyOf: (entry: Entry) => SortKey,
  read: (entry: Entry) => Item,
  request: DescriptionPageRequest,
): DescriptionPage<Item> {
  const { limit = DEFAULT_LIMIT } = request
  if (!Number.isInteger(limit) || limit < 1 || limit > MAX_LIMIT) {
    throw new TypeError(`"limit" must be an integer from 1 to ${MAX_LIMIT}`)
  }
  const after = readCursor(request.after)
  /** The lowest of those behind the cursor, sorted; one more than is shown tells whether there is another page. */
  const lowest: { key: SortKey; entry: Entry }[] = []
  for (const entry of entries) {
    const key = keyOf(entry)
    if (after !== undefined && compare(key, after) <= 0) continue
    const last = lowest.at(-1)
    if (lowest.length > limit && last !== undefined && compare(key, last.key) >= 0) continue
    lowest.splice(placeOf(key, lowest), 0, { key, entry })
    if (lowest.length > limit + 1) lowest.pop()
  }
  const shown = lowest.slice(0, limit)
  const last = shown.at(-1)
  return {
    items: shown.map(({ entry }) => read(entry)),
    next: lowest.length > limit && last !== undefined ? cursorOf(last.key) : null,
  }
}

function placeOf(key: SortKey, sorted: readonly { key: SortKey }[]): number {
  let low = 0
  let high = sorted.length
  while (low < high) {
    const middle = (low + high) >>> 1
    const found = sorted[middle]
    if (found !== undefined && compare(found.key, key) <= 0) low = middle + 1
    else high = middle
  }
  return low
}

/** By code units: the same on every machine, whatever its language. */
function compare(one: SortKey, other: SortKey): number {
  for (const [index, part] of one.entries()) {
    const against = other[index]
    if (against === undefined) return 1
    if (part !== against) return part < against ? -1 : 1
  }
  return one.length - other.length
}

function cursorOf(key: SortKey): string {
  return Buffer.from(JSON.stringify(key), 'utf8').toString('base64url')
}

function readCursor(cursor: unknown): SortKey | undefined {
  if (cursor === undefined || cursor === null) return undefined
  if (typeof cursor === 'string' && cursor.length <= MAX_CURSOR_LENGTH) {
    try {
      const key: unknown = JSON.parse(Buffer.from(cursor, 'base64url').toString('utf8'))
      if (isSortKey(key) && cursorOf(key) === cursor) return key
    } catch {
      // Said below.
    }
  }
  throw new TypeError('"after" must be the "next" of an earlier page')
}

function isSortKey(value: unknown): value is SortKey {
  return Array.isArray(value) && value.length > 0 && value.every((part) => typeof part === 'string')
}
