import { and, asc, gt, gte, sql } from 'drizzle-orm'
import type { Revocation } from '../revocation/revocation.ts'
import type { AuthDatabase } from './auth-database.ts'
import { revocations } from './tables.ts'

const PAGE_ROWS = 1000

/**
 * Reads revocations as they come. Numbers and clocks of the writers would miss those that commit late, so it goes by
 * transactions: every read also tells the oldest transaction that was still open, and the next one begins there.
 * Whatever is read twice that way is dropped again.
 */
export class RevocationFeed {
  readonly #db: AuthDatabase
  #horizon = 0n
  #told = new Map<string, string>()

  constructor(db: AuthDatabase) {
    this.#db = db
  }

  /** Begins anew: after an outage the database may be another one, with other transactions. */
  reset(): void {
    this.#horizon = 0n
    this.#told.clear()
  }

  /** Every live revocation the first time, later those since. */
  async read(): Promise<Revocation[]> {
    const fresh: Revocation[] = []
    const told = new Map<string, string>()
    let horizon: bigint | undefined
    for (let after = '', rows = PAGE_ROWS; rows === PAGE_ROWS;) {
      const page = await this.#page(after)
      for (const { key, kind, id, at, expiresAt } of page) {
        after = key
        const state = `${at} ${expiresAt}`
        told.set(key, state)
        if (this.#told.get(key) === state) continue
        fresh.push(Object.freeze({ kind, id: JSON.parse(id) as string, at, expiresAt }))
      }
      // Of the first page: what commits between two pages counts as not read yet.
      const oldestOpen = page[0]?.oldestOpen
      horizon ??= oldestOpen === undefined ? undefined : BigInt(oldestOpen)
      rows = page.length
    }
    this.#told = told
    if (horizon !== undefined) this.#horizon = horizon
    return fresh
  }

  #page(after: string): Promise<
    {
      key: string
      kind: Revocation['kind']
      id: string
      at: number
      expiresAt: number
      oldestOpen: string
    }[]
  > {
    const { key, kind, id, at, expiresAt, writtenBy } = revocations
    return this.#db
      .select({
        key,
        kind,
        id,
        at,
        expiresAt,
        oldestOpen: sql<string>`pg_snapshot_xmin(pg_current_snapshot())::text`,
      })
      .from(revocations)
      .where(and(gte(writtenBy, this.#horizon), gt(expiresAt, Date.now()), gt(key, after)))
      .orderBy(asc(key))
      .limit(PAGE_ROWS)
  }
}
