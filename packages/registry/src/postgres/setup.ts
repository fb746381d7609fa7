import { and, desc, eq, gt, ne } from 'drizzle-orm'
import { RegistryError } from '../errors.ts'
import type { Setup } from '../management/access.ts'
import { readInput, setupSchema } from '../management/inputs.ts'
import { insertApiKey } from './api-keys.ts'
import type { Ask } from './ask-database.ts'
import { expired, removeSome, SWEEP } from './clean-up.ts'
import { digestOf, newSecret, SECRET } from './digest.ts'
import { hasOperator } from './owners.ts'
import type { RegistryDatabase } from './registry-database.ts'
import { setupTokens } from './tables.ts'
import type { Write } from './write.ts'

const TTL_MS = 60 * 60 * 1000

/** Processes that start at once have one each. */
const MAX_TOKENS = 10

/** How the first operator of a database comes in. */
export function postgresSetup(db: RegistryDatabase, ask: Ask, write: Write): Setup {
  return Object.freeze({
    isNeeded: () => ask(async () => !(await hasOperator(db, Date.now()))),

    async issue() {
      const now = Date.now()
      const token = newSecret()
      const digest = digestOf(token)
      return ask(async () => {
        if (await hasOperator(db, now)) return null
        await db.insert(setupTokens).values({ digest, createdAt: now, expiresAt: now + TTL_MS })
        await removeSome(db, setupTokens, setupTokens.digest, expired(setupTokens, now), { limit: SWEEP })
        await removeSome(db, setupTokens, setupTokens.digest, ne(setupTokens.digest, digest), {
          order: [desc(setupTokens.createdAt)],
          keep: MAX_TOKENS - 1,
          limit: SWEEP,
        })
        return token
      })
    },

    async consume(token, input, change) {
      const { name = 'Set-up' } = readInput(setupSchema, input)
      return write(change, async (writing) => {
        const { tx, now } = writing
        // A token of before there was an operator is as good as none.
        if (!(await isToken(tx, token, now)) || (await hasOperator(tx, now))) {
          throw new RegistryError(
            'ERR_SETUP_TOKEN_INVALID',
            'the set-up token is wrong, used or expired: a new one is made when the control plane starts',
          )
        }
        await tx.delete(setupTokens)
        return insertApiKey(writing, { workspaceId: null, name, role: 'owner' })
      })
    },
  } satisfies Setup)
}

async function isToken(tx: RegistryDatabase, token: unknown, now: number): Promise<boolean> {
  if (typeof token !== 'string' || !SECRET.test(token)) return false
  const [row] = await tx
    .select({ digest: setupTokens.digest })
    .from(setupTokens)
    .where(and(eq(setupTokens.digest, digestOf(token)), gt(setupTokens.expiresAt, now)))
  return row !== undefined
}
