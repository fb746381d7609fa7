import { and, eq, gt, isNotNull, or } from 'drizzle-orm'
import type { ProjectKey } from '../management/records.ts'
import type { SecretBox } from '../secret/secret-box.ts'
import { claimAnchors } from './claims.ts'
import type { Ask } from './ask-database.ts'
import { placeOf } from './idempotency.ts'
import { existingProject, isProject } from './project-rows.ts'
import type { RegistryDatabase } from './registry-database.ts'
import { anchorsOf, resealed, type StoredSecret } from './stored-auth.ts'
import { idempotency, projects } from './tables.ts'
import { lockChanges } from './write.ts'

const BATCH = 100

/**
 * Encrypts with the first key what another one encrypted, kept answers to requests included. Nothing else about a project
 * changes, so it is no entry in the audit log and no new version. A process that does not have the new key cannot verify from
 * then on: give it to all of them first.
 *
 * @returns how many secrets of projects that were
 */
export async function resealSecrets(db: RegistryDatabase, ask: Ask, box: SecretBox): Promise<number> {
  let count = 0
  let last: ProjectKey = { workspaceId: '', projectId: '' }
  for (;;) {
    const rows = await ask(() =>
      db
        .select({
          workspaceId: projects.workspaceId,
          projectId: projects.projectId,
          secrets: projects.secrets,
        })
        .from(projects)
        .where(
          or(
            gt(projects.workspaceId, last.workspaceId),
            and(eq(projects.workspaceId, last.workspaceId), gt(projects.projectId, last.projectId)),
          ),
        )
        .orderBy(projects.workspaceId, projects.projectId)
        .limit(BATCH),
    )
    for (const row of rows) {
      const secrets = JSON.parse(row.secrets) as StoredSecret[]
      if (secrets.every(({ sealed }) => box.isCurrent(sealed))) continue
      count += await ask(() => resealProject(db, row, box))
    }
    const end = rows.at(-1)
    if (end === undefined || rows.length < BATCH) break
    last = end
  }
  await resealResponses(db, ask, box)
  return count
}

/** Kept answers are no secrets of projects, but would not be readable for the rest of their day. */
async function resealResponses(db: RegistryDatabase, ask: Ask, box: SecretBox): Promise<void> {
  let last = ''
  for (;;) {
    const rows = await ask(() =>
      db
        .select({ id: idempotency.id, response: idempotency.response })
        .from(idempotency)
        .where(and(gt(idempotency.id, last), isNotNull(idempotency.response)))
        .orderBy(idempotency.id)
        .limit(BATCH),
    )
    for (const { id, response } of rows) {
      if (response === null || box.isCurrent(response)) continue
      const place = placeOf(id)
      const sealed = box.seal(box.open(response, place), place)
      // Unless it is another one by now.
      const same = and(eq(idempotency.id, id), eq(idempotency.response, response))
      await ask(() => db.update(idempotency).set({ response: sealed }).where(same))
    }
    const end = rows.at(-1)
    if (end === undefined || rows.length < BATCH) return
    last = end.id
  }
}

async function resealProject(db: RegistryDatabase, key: ProjectKey, box: SecretBox): Promise<number> {
  return db.transaction(
    async (tx) => {
      await lockChanges(tx)
      const project = await existingProject(tx, key)
      const secrets = resealed(project.secrets, key, box)
      if (secrets === null) return 0
      await tx
        .update(projects)
        .set({ secrets: JSON.stringify(secrets) })
        .where(isProject(key))
      await claimAnchors(tx, key, project.auth, anchorsOf({ ...project, secrets }, key, box))
      return project.secrets.filter(({ sealed }) => !box.isCurrent(sealed)).length
    },
    { isolationLevel: 'read committed' },
  )
}
