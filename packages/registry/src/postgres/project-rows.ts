import { and, asc, eq, inArray } from 'drizzle-orm'
import { RegistryError } from '../errors.ts'
import { isId } from '../management/inputs.ts'
import type { ProjectKey, ProjectRecord } from '../management/records.ts'
import type { ProjectLimits } from '../project/project.ts'
import type { RegistryDatabase } from './registry-database.ts'
import { type AuthColumns, type StoredAuth, type StoredSecret, viewOfAuth } from './stored-auth.ts'
import { hosts, projects } from './tables.ts'

/** A project as it is stored. */
export interface StoredProject extends ProjectKey, AuthColumns {
  readonly name: string
  readonly hosts: readonly string[]
  readonly limits: ProjectLimits
  readonly authVersion: string
  readonly version: string
  readonly createdAtMs: number
  readonly updatedAtMs: number
}

/** Which rows are the project's. */
export function isProject({ workspaceId, projectId }: ProjectKey): ReturnType<typeof and> {
  return and(eq(projects.workspaceId, workspaceId), eq(projects.projectId, projectId))
}

/** @throws RegistryError `ERR_PROJECT_UNKNOWN` */
export async function existingProject(db: RegistryDatabase, key: ProjectKey): Promise<StoredProject> {
  const found = await selectProject(db, key)
  if (found === null) throw new RegistryError('ERR_PROJECT_UNKNOWN', 'there is no such project')
  return found
}

/** The project, or null when there is none. */
export async function selectProject(db: RegistryDatabase, key: ProjectKey): Promise<StoredProject | null> {
  if (!isId(key?.workspaceId) || !isId(key.projectId)) return null
  const rows = await db.select().from(projects).where(isProject(key))
  const [project] = await withHosts(db, rows)
  return project ?? null
}

/** Rows of one workspace with their hosts. */
export async function withHosts(
  db: RegistryDatabase,
  rows: readonly (typeof projects.$inferSelect)[],
): Promise<StoredProject[]> {
  const [first] = rows
  if (first === undefined) return []
  const ids = rows.map((row) => row.projectId)
  const names = await db
    .select({ host: hosts.host, projectId: hosts.projectId })
    .from(hosts)
    .where(and(eq(hosts.workspaceId, first.workspaceId), inArray(hosts.projectId, ids)))
    .orderBy(asc(hosts.projectId), asc(hosts.position))
  const byProject = new Map<string, string[]>(ids.map((id) => [id, []]))
  for (const { host, projectId } of names) byProject.get(projectId)?.push(host)
  return rows.map((row) => ({
    workspaceId: row.workspaceId,
    projectId: row.projectId,
    name: row.name,
    hosts: byProject.get(row.projectId) ?? [],
    auth: JSON.parse(row.auth) as StoredAuth,
    secrets: JSON.parse(row.secrets) as StoredSecret[],
    limits: JSON.parse(row.limits) as ProjectLimits,
    authVersion: row.authVersion,
    version: row.version,
    createdAtMs: row.createdAt,
    updatedAtMs: row.updatedAt,
  }))
}

/** What may be read of it. */
export function recordOf(project: StoredProject): ProjectRecord {
  const { workspaceId, projectId, name, hosts: names, limits, version, createdAtMs, updatedAtMs } = project
  return {
    workspaceId,
    projectId,
    name,
    hosts: names,
    auth: viewOfAuth(project),
    limits,
    version,
    createdAtMs,
    updatedAtMs,
  }
}
