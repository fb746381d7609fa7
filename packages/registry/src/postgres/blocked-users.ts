import { and, desc, eq, sql } from 'drizzle-orm'
import { RegistryError } from '../errors.ts'
import { isId, newBlockedUserSchema, readInput, userIdSchema } from '../management/inputs.ts'
import type { BlockedUsers } from '../management/managed-store.ts'
import { pageOf, readPage } from '../management/pages.ts'
import type { BlockedUserRecord, ProjectKey } from '../management/records.ts'
import type { Ask } from './ask-database.ts'
import { digestOf } from './digest.ts'
import { existingProject } from './project-rows.ts'
import type { RegistryDatabase } from './registry-database.ts'
import { assertRoom } from './scope.ts'
import { blockedUsers } from './tables.ts'
import type { Effect, Write } from './write.ts'

const MAX_BLOCKED = { max: 10_000, what: 'blocked users' }

/** What a cursor has: a time and a digest. */
const KEY = /^\d{1,15} [A-Za-z0-9_-]{43}$/

/** The blocked users of a database's projects. */
export function postgresBlockedUsers(db: RegistryDatabase, ask: Ask, write: Write): BlockedUsers {
  return Object.freeze({
    async add(input, change) {
      const wanted = readInput(newBlockedUserSchema, input)
      const { userId, reason } = wanted
      return write(change, async ({ tx, now, record }) => {
        const project = await existingProject(tx, wanted)
        const { workspaceId, projectId, hosts } = project
        const before = await selectBlocked(tx, project, userId)
        if (before !== null && (reason === undefined || reason === before.reason)) return before
        if (before === null) await assertRoom(tx, blockedUsers, ofProject(project), MAX_BLOCKED)
        const after = {
          workspaceId,
          projectId,
          userId,
          reason: reason ?? null,
          createdAtMs: before?.createdAtMs ?? now,
        }
        await tx
          .insert(blockedUsers)
          .values({
            workspaceId,
            projectId,
            digest: userDigest(userId),
            userId: JSON.stringify(userId),
            reason: after.reason,
            createdAt: after.createdAtMs,
          })
          .onConflictDoUpdate({
            target: [blockedUsers.workspaceId, blockedUsers.projectId, blockedUsers.digest],
            set: { reason: after.reason },
          })
        const effects = before === null ? [effectOf(project, hosts, userId)] : []
        await record({ action: 'user.blocked', workspaceId, projectId, before, after, effects })
        return after
      })
    },

    async find(key, userId) {
      return ask(() => selectBlocked(db, key, userId))
    },

    async list(key, page = {}) {
      const { limit, after } = readPage(page, (text) => KEY.test(text))
      if (!isKey(key)) return { items: [], next: null }
      const [time = '0', digest = ''] = after?.split(' ') ?? []
      const beyond = sql`(${blockedUsers.createdAt}, ${blockedUsers.digest}) < (${Number(time)}, ${digest})`
      const rows = await ask(() =>
        db
          .select()
          .from(blockedUsers)
          .where(and(ofProject(key), after === null ? undefined : beyond))
          .orderBy(desc(blockedUsers.createdAt), desc(blockedUsers.digest))
          .limit(limit + 1),
      )
      return pageOf(rows, limit, (row) => `${row.createdAt} ${row.digest}`, recordOf)
    },

    async remove(key, userId, change) {
      await write(change, async ({ tx, record }) => {
        const project = await existingProject(tx, key)
        const { workspaceId, projectId, hosts } = project
        const before = await selectBlocked(tx, project, userId)
        if (before === null) {
          throw new RegistryError('ERR_BLOCKED_USER_UNKNOWN', 'the project has not blocked this user')
        }
        await tx.delete(blockedUsers).where(isUser(project, userId))
        const effects = [effectOf(project, hosts, userId)]
        await record({ action: 'user.unblocked', workspaceId, projectId, before, after: null, effects })
      })
    },
  } satisfies BlockedUsers)
}

/** A digest of any text that a token may call its subject: JSON tells all of them apart, and is ASCII where UTF-8 is not enough. */
export function userDigest(userId: string): string {
  return digestOf(JSON.stringify(userId))
}

async function selectBlocked(
  db: RegistryDatabase,
  key: ProjectKey,
  userId: string,
): Promise<BlockedUserRecord | null> {
  if (!isKey(key) || !userIdSchema.safeParse(userId).success) return null
  const [row] = await db.select().from(blockedUsers).where(isUser(key, userId))
  return row === undefined ? null : recordOf(row)
}

function isUser(key: ProjectKey, userId: string): ReturnType<typeof and> {
  return and(ofProject(key), eq(blockedUsers.digest, userDigest(userId)))
}

function ofProject({ workspaceId, projectId }: ProjectKey): ReturnType<typeof and> {
  return and(eq(blockedUsers.workspaceId, workspaceId), eq(blockedUsers.projectId, projectId))
}

function isKey(key: ProjectKey): boolean {
  return isId(key?.workspaceId) && isId(key.projectId)
}

function effectOf({ workspaceId, projectId }: ProjectKey, hosts: readonly string[], userId: string): Effect {
  return { kind: 'user', workspaceId, projectId, hosts: [...hosts], addedHosts: [], userId }
}

function recordOf(row: typeof blockedUsers.$inferSelect): BlockedUserRecord {
  const { workspaceId, projectId, userId, reason, createdAt } = row
  return { workspaceId, projectId, userId: JSON.parse(userId) as string, reason, createdAtMs: createdAt }
}
