import { invalidRequest } from './inputs.ts'
import type { Page, PageRequest } from './records.ts'

const MAX_LIMIT = 200
const DEFAULT_LIMIT = 50

/** A page request that was checked. */
export interface ReadPage {
  readonly limit: number
  /** Key of the last item of the page before. */
  readonly after: string | null
}

/**
 * Checks a page request.
 *
 * @param isKey - whether a text can be the key in a cursor: anybody can send one, and not every text can be compared
 * @throws TypeError for a limit out of range
 * @throws RegistryError `ERR_REQUEST_INVALID` for a cursor that is none of ours
 */
export function readPage(request: PageRequest, isKey: (key: string) => boolean): ReadPage {
  const { limit = DEFAULT_LIMIT, after = null } = request
  if (!Number.isInteger(limit) || limit < 1 || limit > MAX_LIMIT) {
    throw new TypeError(`"limit" must be an integer from 1 to ${MAX_LIMIT}`)
  }
  if (after === null) return { limit, after }
  const key = typeof after === 'string' ? Buffer.from(after, 'base64url').toString('utf8') : ''
  if (!isKey(key) || cursorOf(key) !== after) throw invalidRequest('the cursor is not valid')
  return { limit, after: key }
}

/** The page of rows that were read one further than its limit. */
export function pageOf<Row, Item>(
  rows: readonly Row[],
  limit: number,
  keyOf: (row: Row) => string,
  read: (row: Row) => Item,
): Page<Item> {
  const shown = rows.slice(0, limit)
  const last = shown.at(-1)
  return {
    items: shown.map(read),
    next: rows.length > limit && last !== undefined ? cursorOf(keyOf(last)) : null,
  }
}

function cursorOf(key: string): string {
  return Buffer.from(key, 'utf8').toString('base64url')
}
