import { and, desc, eq, isNull, lte, ne, or } from 'drizzle-orm'
import { RegistryError } from '../errors.ts'
import type { Idempotency, IdempotencyStart } from '../management/idempotency.ts'
import { invalidRequest } from '../management/inputs.ts'
import type { SecretBox } from '../secret/secret-box.ts'
import type { Ask } from './ask-database.ts'
import { expired, removeSome, SWEEP } from './clean-up.ts'
import { digestOf, newId } from './digest.ts'
import type { RegistryDatabase } from './registry-database.ts'
import { idempotency } from './tables.ts'

const TTL_MS = 24 * 60 * 60 * 1000

/** After which a process that began is taken for dead. */
const ATTEMPT_MS = 60_000

const MAX_PER_SCOPE = 1000
const MAX_KEY = 255
const MAX_TEXT = 1024
const MAX_RESPONSE = 65_536

/** Between a refused insert and the look at what refused it, that may expire. */
const MAX_TRIES = 3

/** What was answered to requests with a key, of a database. */
export function postgresIdempotency(db: RegistryDatabase, ask: Ask, box: SecretBox): Idempotency {
  /** The entry of this attempt, if it is its own still. */
  const ownOf = ({ id, attempt }: { id: string; attempt: string }): ReturnType<typeof and> =>
    and(eq(idempotency.id, id), eq(idempotency.attempt, attempt), isNull(idempotency.response))

  return Object.freeze({
    async begin(scope, key, fingerprint) {
      assertText('scope', scope)
      assertText('fingerprint', fingerprint)
      if (typeof key !== 'string' || key.length < 1 || key.length > MAX_KEY) {
        throw invalidRequest(`the idempotency key must be 1 to ${MAX_KEY} characters`)
      }
      // As JSON, so that no two pairs have the same text.
      const id = digestOf(JSON.stringify([scope, key]))
      const wanted = { id, scope: digestOf(JSON.stringify(scope)), fingerprint: digestOf(fingerprint) }
      for (let tries = 0; tries < MAX_TRIES; tries += 1) {
        const start = await ask(() => tryBegin(db, box, wanted))
        if (start !== null) return start
      }
      throw running()
    },

    async complete(attempt, response) {
      if (typeof response !== 'string' || response.length > MAX_RESPONSE) {
        throw new TypeError(`"response" must be a text of at most ${MAX_RESPONSE} characters`)
      }
      const sealed = box.seal(response, placeOf(attempt.id))
      await ask(() => db.update(idempotency).set({ response: sealed }).where(ownOf(attempt)))
    },

    async abandon(attempt) {
      await ask(() => db.delete(idempotency).where(ownOf(attempt)))
    },
  } satisfies Idempotency)
}

/** Where an answer is sealed for. */
export function placeOf(id: string): string[] {
  return ['portcullis_registry_idempotency', id]
}

type Wanted = Pick<typeof idempotency.$inferSelect, 'id' | 'scope' | 'fingerprint'>

/** Null when what was there went in the meantime. */
async function tryBegin(
  db: RegistryDatabase,
  box: SecretBox,
  wanted: Wanted,
): Promise<IdempotencyStart | null> {
  const now = Date.now()
  const attempt = newId()
  const fresh = { ...wanted, attempt, response: null, createdAt: now, expiresAt: now + TTL_MS }
  const [own] = await db
    .insert(idempotency)
    .values(fresh)
    .onConflictDoUpdate({
      target: idempotency.id,
      set: fresh,
      setWhere: or(
        expired(idempotency, now),
        and(isNull(idempotency.response), lte(idempotency.createdAt, now - ATTEMPT_MS)),
      ) as NonNullable<ReturnType<typeof or>>,
    })
    .returning({ attempt: idempotency.attempt })
  if (own !== undefined) {
    await makeRoom(db, wanted, now)
    return { state: 'begun', attempt: { id: wanted.id, attempt } }
  }
  const [found] = await db.select().from(idempotency).where(eq(idempotency.id, wanted.id))
  if (found === undefined) return null
  if (found.fingerprint !== wanted.fingerprint) {
    throw new RegistryError('ERR_IDEMPOTENCY_MISMATCH', 'the idempotency key was used for another request')
  }
  if (found.response === null) throw running()
  return { state: 'completed', response: box.open(found.response, placeOf(wanted.id)) }
}

async function makeRoom(db: RegistryDatabase, { id, scope }: Wanted, now: number): Promise<void> {
  await removeSome(db, idempotency, idempotency.id, expired(idempotency, now), { limit: SWEEP })
  const others = and(eq(idempotency.scope, scope), ne(idempotency.id, id))
  await removeSome(db, idempotency, idempotency.id, others, {
    order: [desc(idempotency.createdAt)],
    keep: MAX_PER_SCOPE - 1,
    limit: SWEEP,
  })
}

function assertText(name: string, value: unknown): void {
  if (typeof value !== 'string' || value.length < 1 || value.length > MAX_TEXT) {
    throw new TypeError(`"${name}" must be 1 to ${MAX_TEXT} characters`)
  }
}

function running(): RegistryError {
  return new RegistryError('ERR_IDEMPOTENCY_RUNNING', 'a request with this idempotency key is under way')
}
