import { and, asc, eq, gt, inArray, sql } from 'drizzle-orm'
import { RegistryError } from '../errors.ts'
import type { Members } from '../management/access.ts'
import { isId, memberChangesSchema, newMemberSchema, readInput } from '../management/inputs.ts'
import { pageOf, readPage } from '../management/pages.ts'
import type { MemberKey, MemberRecord, Role } from '../management/records.ts'
import { normalizeSubject } from '../management/subject.ts'
import type { Ask } from './ask-database.ts'
import { newId } from './digest.ts'
import { assertOwnerLeft } from './owners.ts'
import type { RegistryDatabase } from './registry-database.ts'
import { assertRoom, assertScope, inScope, isScope } from './scope.ts'
import { members } from './tables.ts'
import { assertVersion, newVersion } from './version.ts'
import type { Write } from './write.ts'

const MAX_MEMBERS = { max: 1000, what: 'members' }
const MAX_SUBJECTS = 20
const MAX_MEMBERSHIPS = 1000

/** Strongest first. */
const ROLES: readonly Role[] = ['owner', 'admin', 'viewer']

/** The members of a database's workspaces. */
export function postgresMembers(db: RegistryDatabase, ask: Ask, write: Write): Members {
  return Object.freeze({
    async create(input, change) {
      const { workspaceId, subject, role, name = nameOf(subject) } = readInput(newMemberSchema, input)
      return write(change, async ({ tx, now, record }) => {
        await assertScope(tx, workspaceId)
        const [same] = await tx
          .select({ id: members.memberId })
          .from(members)
          .where(and(inScope(members, workspaceId), eq(members.subject, subject)))
        if (same !== undefined)
          throw new RegistryError('ERR_ID_TAKEN', 'there is a member of this subject already')
        await assertRoom(tx, members, inScope(members, workspaceId), MAX_MEMBERS)
        const row = {
          memberId: newId(),
          workspaceId,
          subject,
          role,
          name,
          version: newVersion(),
          createdAt: now,
          updatedAt: now,
        }
        await tx.insert(members).values(row)
        const after = recordOf(row)
        await record({ action: 'member.created', workspaceId, projectId: null, before: null, after })
        return after
      })
    },

    async find(key) {
      return ask(() => selectMember(db, key))
    },

    async list(workspaceId, page = {}) {
      const { limit, after } = readPage(page, isSubject)
      if (!isScope(workspaceId)) return { items: [], next: null }
      const rows = await ask(() =>
        db
          .select()
          .from(members)
          .where(and(inScope(members, workspaceId), after === null ? undefined : gt(members.subject, after)))
          .orderBy(asc(members.subject))
          .limit(limit + 1),
      )
      return pageOf(rows, limit, (row) => row.subject, recordOf)
    },

    async update(key, input, change) {
      const next = readInput(memberChangesSchema, input)
      return write(change, async ({ tx, now, record }) => {
        const before = await existingMember(tx, key)
        assertVersion(before, change)
        const { role = before.role, name = before.name } = next
        if (role === before.role && name === before.name) return before
        const { workspaceId, memberId } = before
        if (before.role === 'owner' && role !== 'owner') {
          await assertOwnerLeft(tx, now, workspaceId, { memberId })
        }
        const after = { ...before, role, name, version: newVersion(), updatedAtMs: now }
        await tx
          .update(members)
          .set({ role, name, version: after.version, updatedAt: now })
          .where(eq(members.memberId, memberId))
        await record({ action: 'member.updated', workspaceId, projectId: null, before, after })
        return after
      })
    },

    async delete(key, change) {
      await write(change, async ({ tx, now, record }) => {
        const before = await existingMember(tx, key)
        assertVersion(before, change)
        const { workspaceId, memberId } = before
        if (before.role === 'owner') await assertOwnerLeft(tx, now, workspaceId, { memberId })
        await tx.delete(members).where(eq(members.memberId, memberId))
        await record({ action: 'member.deleted', workspaceId, projectId: null, before, after: null })
      })
    },

    async of(subjects) {
      if (!Array.isArray(subjects) || subjects.length > MAX_SUBJECTS) {
        throw new TypeError(`"subjects" must be a list of at most ${MAX_SUBJECTS}`)
      }
      const known = [...new Set(subjects.map(normalizeSubject))].filter((one) => one !== null)
      if (known.length === 0) return []
      const strongest = sql<number>`min(CASE ${members.role} WHEN 'owner' THEN 0 WHEN 'admin' THEN 1 ELSE 2 END)`
      const rows = await ask(() =>
        db
          .select({ workspaceId: members.workspaceId, strongest })
          .from(members)
          .where(inArray(members.subject, known))
          .groupBy(members.workspaceId)
          .orderBy(sql`${members.workspaceId} NULLS FIRST`)
          .limit(MAX_MEMBERSHIPS),
      )
      return rows.map((row) => ({
        workspaceId: row.workspaceId,
        role: ROLES[row.strongest] ?? 'viewer',
      }))
    },
  } satisfies Members)
}

async function selectMember(db: RegistryDatabase, key: MemberKey): Promise<MemberRecord | null> {
  const { workspaceId, memberId } = key ?? {}
  if (!isScope(workspaceId) || !isId(memberId)) return null
  const [row] = await db
    .select()
    .from(members)
    .where(and(eq(members.memberId, memberId), inScope(members, workspaceId)))
  return row === undefined ? null : recordOf(row)
}

async function existingMember(tx: RegistryDatabase, key: MemberKey): Promise<MemberRecord> {
  const found = await selectMember(tx, key)
  if (found === null) throw new RegistryError('ERR_MEMBER_UNKNOWN', 'there is no such member')
  return found
}

/** Whether it is a subject as it is kept. */
function isSubject(text: string): boolean {
  return normalizeSubject(text) === text
}

/** Without half a character at its end. */
function nameOf(subject: string): string {
  return subject
    .slice(subject.indexOf(':') + 1)
    .slice(0, 200)
    .replace(/[\ud800-\udbff]$/, '')
}

function recordOf({ createdAt, updatedAt, ...row }: typeof members.$inferSelect): MemberRecord {
  return Object.freeze({ ...row, createdAtMs: createdAt, updatedAtMs: updatedAt })
}
