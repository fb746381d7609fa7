import { timingSafeEqualText } from '@portcullis/auth-core'
import { and, asc, eq, gt, isNull, lte, or } from 'drizzle-orm'
import { RegistryError } from '../errors.ts'
import type { ApiKeys, NewApiKey, ShownApiKey } from '../management/access.ts'
import { invalidRequest, isId, newApiKeySchema, readInput } from '../management/inputs.ts'
import { pageOf, readPage } from '../management/pages.ts'
import type { ApiKeyRecord, ApiKeyRef } from '../management/records.ts'
import type { Ask } from './ask-database.ts'
import { digestOf, newId, newSecret } from './digest.ts'
import { assertOwnerLeft } from './owners.ts'
import type { RegistryDatabase } from './registry-database.ts'
import { assertRoom, assertScope, inScope, isScope } from './scope.ts'
import { apiKeys } from './tables.ts'
import { assertVersion, newVersion } from './version.ts'
import type { Write, Writing } from './write.ts'

const MAX_KEYS = { max: 100, what: 'API keys' }

/** Between two writes of when a key was used. */
const USED_EVERY_MS = 60_000

const KEY_ID = /^[0-9a-f]{16}$/
const KEY = /^pck_([0-9a-f]{16})_[A-Za-z0-9_-]{43}$/

/** The API keys of a database. */
export function postgresApiKeys(db: RegistryDatabase, ask: Ask, write: Write): ApiKeys {
  /** That it could not be written when a key was used is no reason to refuse it. */
  async function writeUsed(keyId: string, now: number): Promise<void> {
    const isDue = or(isNull(apiKeys.lastUsedAt), lte(apiKeys.lastUsedAt, now - USED_EVERY_MS))
    await ask(() =>
      db
        .update(apiKeys)
        .set({ lastUsedAt: now })
        .where(and(eq(apiKeys.keyId, keyId), isDue)),
    ).catch(() => undefined)
  }

  return Object.freeze({
    async create(input, change) {
      const key = readInput(newApiKeySchema, input)
      return write(change, (writing) => insertApiKey(writing, key))
    },

    async find(ref) {
      return ask(() => selectKey(db, ref))
    },

    async list(workspaceId, page = {}) {
      const { limit, after } = readPage(page, (text) => KEY_ID.test(text))
      if (!isScope(workspaceId)) return { items: [], next: null }
      const rows = await ask(() =>
        db
          .select()
          .from(apiKeys)
          .where(and(inScope(apiKeys, workspaceId), after === null ? undefined : gt(apiKeys.keyId, after)))
          .orderBy(asc(apiKeys.keyId))
          .limit(limit + 1),
      )
      return pageOf(rows, limit, (row) => row.keyId, recordOf)
    },

    async rotate(ref, change) {
      return write(change, async ({ tx, now, record }) => {
        const before = await existingKey(tx, ref)
        assertVersion(before, change)
        if (hasExpired(before.expiresAtMs, now))
          throw invalidRequest('the API key has expired: make another one')
        const { workspaceId, keyId } = before
        const { key, digest } = newKey(keyId)
        const after = { ...before, version: newVersion(), updatedAtMs: now }
        await tx
          .update(apiKeys)
          .set({ digest, version: after.version, updatedAt: now })
          .where(eq(apiKeys.keyId, keyId))
        await record({ action: 'api_key.rotated', workspaceId, projectId: null, before, after })
        return { record: after, key }
      })
    },

    async revoke(ref, change) {
      await write(change, async ({ tx, now, record }) => {
        const before = await existingKey(tx, ref)
        const { version } = change
        if (version !== undefined) assertVersion(before, { ...change, version })
        const { workspaceId, keyId } = before
        const mayBeLast =
          workspaceId === null && before.role === 'owner' && !hasExpired(before.expiresAtMs, now)
        if (mayBeLast) await assertOwnerLeft(tx, now, workspaceId, { keyId })
        await tx.delete(apiKeys).where(eq(apiKeys.keyId, keyId))
        await record({ action: 'api_key.revoked', workspaceId, projectId: null, before, after: null })
      })
    },

    async authenticate(key) {
      const keyId = typeof key === 'string' ? KEY.exec(key)?.[1] : undefined
      if (keyId === undefined) return null
      const [row] = await ask(() => db.select().from(apiKeys).where(eq(apiKeys.keyId, keyId)))
      if (row === undefined || !timingSafeEqualText(row.digest, digestOf(key))) return null
      const now = Date.now()
      if (hasExpired(row.expiresAt, now)) return null
      const isDue = row.lastUsedAt === null || row.lastUsedAt <= now - USED_EVERY_MS
      if (isDue) await writeUsed(keyId, now)
      return recordOf(isDue ? { ...row, lastUsedAt: now } : row)
    },
  } satisfies ApiKeys)
}

/** @throws RegistryError `ERR_WORKSPACE_UNKNOWN`, `ERR_LIMIT_REACHED` */
export async function insertApiKey(
  { tx, now, record }: Writing,
  { workspaceId, name, role, expiresAtMs = null }: NewApiKey,
): Promise<ShownApiKey> {
  await assertScope(tx, workspaceId)
  await assertRoom(tx, apiKeys, inScope(apiKeys, workspaceId), MAX_KEYS)
  const keyId = newId()
  const { key, digest } = newKey(keyId)
  const row = {
    keyId,
    workspaceId,
    name,
    role,
    digest,
    version: newVersion(),
    expiresAt: expiresAtMs,
    lastUsedAt: null,
    createdAt: now,
    updatedAt: now,
  }
  await tx.insert(apiKeys).values(row)
  const after = recordOf(row)
  await record({ action: 'api_key.created', workspaceId, projectId: null, before: null, after })
  return { record: after, key }
}

/** What may be read of a key. */
export function recordOf(row: typeof apiKeys.$inferSelect): ApiKeyRecord {
  const { keyId, workspaceId, name, role, version } = row
  return Object.freeze({
    keyId,
    workspaceId,
    name,
    role,
    prefix: prefixOf(keyId),
    expiresAtMs: row.expiresAt,
    lastUsedAtMs: row.lastUsedAt,
    version,
    createdAtMs: row.createdAt,
    updatedAtMs: row.updatedAt,
  })
}

function newKey(keyId: string): { key: string; digest: string } {
  const key = `${prefixOf(keyId)}_${newSecret()}`
  return { key, digest: digestOf(key) }
}

function prefixOf(keyId: string): string {
  return `pck_${keyId}`
}

function hasExpired(expiresAt: number | null, now: number): boolean {
  return expiresAt !== null && expiresAt <= now
}

async function selectKey(db: RegistryDatabase, ref: ApiKeyRef): Promise<ApiKeyRecord | null> {
  const { workspaceId, keyId } = ref ?? {}
  if (!isScope(workspaceId) || !isId(keyId)) return null
  const [row] = await db
    .select()
    .from(apiKeys)
    .where(and(eq(apiKeys.keyId, keyId), inScope(apiKeys, workspaceId)))
  return row === undefined ? null : recordOf(row)
}

async function existingKey(tx: RegistryDatabase, ref: ApiKeyRef): Promise<ApiKeyRecord> {
  const found = await selectKey(tx, ref)
  if (found === null) throw new RegistryError('ERR_API_KEY_UNKNOWN', 'there is no such API key')
  return found
}
