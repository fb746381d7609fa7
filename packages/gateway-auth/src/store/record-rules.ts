import { createHash } from 'node:crypto'
import type { ClientRecord } from '../client/client-record.ts'
import type { TokenFamily } from '../family/token-family.ts'
import type { Revocation } from '../revocation/revocation.ts'
import type { RecordKinds } from './auth-records.ts'
import type { ClientLimits } from './auth-store.ts'
import { RECORD_SCHEMAS, wrongMembers } from './record-schemas.ts'

/** What an id may be in every store: it becomes a part of keys, and its order must be the same everywhere. */
const ID = /^[\x21-\x7e]{1,128}$/

const MAX_KEY_CHARACTERS = 512
const MAX_PAGE = 1000
const MAX_WINDOW_MS = 31_622_400_000

/** Whether a record can have this id. Ids to look up come from strangers: one that cannot exist does not exist. */
export function isId(value: unknown): value is string {
  return typeof value === 'string' && ID.test(value)
}

/** @throws TypeError when a record to store has an id that no store can hold */
export function assertId(name: string, value: unknown): asserts value is string {
  if (!isId(value)) throw new TypeError(`"${name}" must be 1 to 128 visible ASCII characters`)
}

/** @throws TypeError when a time is not a whole number of milliseconds */
export function assertTime(name: string, value: unknown): asserts value is number {
  if (!Number.isSafeInteger(value) || (value as number) < 0) {
    throw new TypeError(`"${name}" must be a time in whole milliseconds since the epoch`)
  }
}

/** @throws TypeError when a window is not a whole number of milliseconds, or longer than a year */
export function assertWindow(windowMs: unknown): asserts windowMs is number {
  if (!Number.isSafeInteger(windowMs) || (windowMs as number) < 1 || (windowMs as number) > MAX_WINDOW_MS) {
    throw new TypeError(`"windowMs" must be a whole number from 1 to ${MAX_WINDOW_MS}`)
  }
}

/** @throws TypeError when a bound is none, which would be no bound */
export function assertLimits(limits: ClientLimits): void {
  for (const name of ['maxPerNamespace', 'maxClients'] as const) {
    const limit: unknown = limits[name]
    if (!Number.isSafeInteger(limit) || (limit as number) < 0) {
      throw new TypeError(`"limits.${name}" must be a whole number of at least 0`)
    }
  }
}

/** @throws TypeError when a page size is out of bounds */
export function assertPageSize(limit: unknown): asserts limit is number {
  if (!Number.isSafeInteger(limit) || (limit as number) < 1 || (limit as number) > MAX_PAGE) {
    throw new TypeError(`"limit" must be a whole number from 1 to ${MAX_PAGE}`)
  }
}

/**
 * A key of any text in 43 characters that every backend can hold. UTF-16, because UTF-8 makes all lone surrogates one.
 *
 * @throws TypeError when the key is not text of at most 512 characters
 */
export function digestKey(name: string, key: unknown): string {
  if (typeof key !== 'string' || key.length > MAX_KEY_CHARACTERS) {
    throw new TypeError(`"${name}" must be a string of at most ${MAX_KEY_CHARACTERS} characters`)
  }
  return createHash('sha256').update(key, 'utf16le').digest('base64url')
}

/** Under which key a revocation is stored. @throws TypeError when it is none */
export function revocationKey(revocation: Revocation): string {
  freeze('revocation', revocation)
  return `${revocation.kind}.${digestKey('revocation.id', revocation.id)}`
}

/** A copy that nobody can change. @throws TypeError when no store could hold it, or read it back */
export function freezeClient(client: ClientRecord): ClientRecord {
  const copy = freeze('client', client)
  assertId('client.clientId', copy.clientId)
  assertId('client.namespaceId', copy.namespaceId)
  return copy
}

/** A copy that nobody can change. @throws TypeError when no store could hold it, or read it back */
export function freezeFamily(family: TokenFamily): TokenFamily {
  const copy = freeze('family', family)
  assertId('family.familyId', copy.familyId)
  return copy
}

function freeze<K extends keyof RecordKinds>(kind: K, value: RecordKinds[K]): RecordKinds[K] {
  const parsed = RECORD_SCHEMAS[kind].safeParse(value)
  if (parsed.success) return parsed.data
  throw new TypeError(`"${kind}" has a wrong ${wrongMembers(parsed.error)}`)
}

/**
 * What to keep of two revocations of one thing: both maxima. A second one may void tokens issued since the first, and
 * still end before it.
 */
export function mergeRevocations(stored: Revocation | undefined, added: Revocation): Revocation {
  return Object.freeze({
    kind: added.kind,
    id: added.id,
    at: Math.max(stored?.at ?? 0, added.at),
    expiresAt: Math.max(stored?.expiresAt ?? 0, added.expiresAt),
  })
}
