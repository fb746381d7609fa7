import { and, desc, eq, gt, isNull, ne, or } from 'drizzle-orm'
import type { ConsolePrincipal, ConsoleSessions, NewConsolePrincipal } from '../management/access.ts'
import { consolePrincipalSchema, readInput } from '../management/inputs.ts'
import { recordOf } from './api-keys.ts'
import type { Ask } from './ask-database.ts'
import { expired, removeSome, SWEEP } from './clean-up.ts'
import { digestOf, newSecret, SECRET } from './digest.ts'
import type { RegistryDatabase } from './registry-database.ts'
import { apiKeys, consoleSessions } from './tables.ts'

const MAX_TTL_MS = 30 * 24 * 60 * 60 * 1000

/** Of one key or person. */
const MAX_SESSIONS = 20

/** The console's sessions of a database. */
export function postgresConsoleSessions(db: RegistryDatabase, ask: Ask): ConsoleSessions {
  return Object.freeze({
    async create({ principal, ttlMs }) {
      if (!Number.isInteger(ttlMs) || ttlMs < 1 || ttlMs > MAX_TTL_MS) {
        throw new TypeError(`"ttlMs" must be an integer from 1 to ${MAX_TTL_MS}`)
      }
      const columns = columnsOf(readInput(consolePrincipalSchema, principal))
      const secret = newSecret()
      const digest = digestOf(secret)
      const createdAt = Date.now()
      const expiresAt = createdAt + ttlMs
      await ask(async () => {
        await db.insert(consoleSessions).values({ digest, createdAt, expiresAt, ...columns })
        await removeSome(db, consoleSessions, consoleSessions.digest, expired(consoleSessions, createdAt), {
          limit: SWEEP,
        })
        const others = and(eq(consoleSessions.owner, columns.owner), ne(consoleSessions.digest, digest))
        await removeSome(db, consoleSessions, consoleSessions.digest, others, {
          order: [desc(consoleSessions.createdAt)],
          keep: MAX_SESSIONS - 1,
          limit: SWEEP,
        })
      })
      return { secret, createdAtMs: createdAt, expiresAtMs: expiresAt }
    },

    async find(secret) {
      if (!isSecret(secret)) return null
      const now = Date.now()
      const [row] = await ask(() =>
        db
          .select({ session: consoleSessions, key: apiKeys })
          .from(consoleSessions)
          .leftJoin(
            apiKeys,
            and(
              eq(apiKeys.keyId, consoleSessions.keyId),
              // A key that was rotated is not the one that opened the session.
              eq(apiKeys.version, consoleSessions.keyVersion),
              or(isNull(apiKeys.expiresAt), gt(apiKeys.expiresAt, now)),
            ),
          )
          .where(and(eq(consoleSessions.digest, digestOf(secret)), gt(consoleSessions.expiresAt, now))),
      )
      if (row === undefined) return null
      const principal = principalOf(row.session, row.key)
      const { createdAt, expiresAt } = row.session
      return principal && { principal, createdAtMs: createdAt, expiresAtMs: expiresAt }
    },

    async delete(secret) {
      if (!isSecret(secret)) return
      await ask(() => db.delete(consoleSessions).where(eq(consoleSessions.digest, digestOf(secret))))
    },
  } satisfies ConsoleSessions)
}

type Row = typeof consoleSessions.$inferSelect

function columnsOf(principal: NewConsolePrincipal): Pick<Row, 'owner' | 'keyId' | 'keyVersion' | 'person'> {
  if (principal.kind === 'api-key') {
    const { keyId, version } = principal.key
    return { owner: `key ${keyId}`, keyId, keyVersion: version, person: null }
  }
  const { subjects, name } = principal
  const owner = `person ${digestOf(subjects[0] as string)}`
  return { owner, keyId: null, keyVersion: null, person: JSON.stringify({ subjects, name }) }
}

function principalOf(row: Row, key: typeof apiKeys.$inferSelect | null): ConsolePrincipal | null {
  if (row.person === null) return key && { kind: 'api-key', key: recordOf(key) }
  return { kind: 'person', ...(JSON.parse(row.person) as { subjects: string[]; name: string }) }
}

function isSecret(secret: unknown): secret is string {
  return typeof secret === 'string' && SECRET.test(secret)
}
