import { and, eq, inArray, not } from 'drizzle-orm'
import { RegistryError } from '../errors.ts'
import { normalizeHostPattern, parentOf } from '../host/host-pattern.ts'
import { invalidRequest } from '../management/inputs.ts'
import type { ProjectKey } from '../management/records.ts'
import { overlap } from '../project/token-overlap.ts'
import type { RegistryDatabase } from './registry-database.ts'
import type { Anchors, StoredAuth } from './stored-auth.ts'
import { anchors, hosts, projects } from './tables.ts'

/** Hosts and anchors in one statement, so that none of it has more parameters than PostgreSQL takes. */
const BATCH = 500

/** @throws RegistryError `ERR_REQUEST_INVALID` when two are the same */
export function normalizeHosts(list: readonly string[]): string[] {
  const normal = list.map(normalizeHostPattern)
  if (new Set(normal).size < normal.length) throw invalidRequest('$.hosts names a host twice')
  return normal
}

/**
 * Gives a project its hosts in place of those it has. A host and the wildcard that stands for it are of one workspace: with
 * a wildcard comes the promise that nobody else gets what is under it.
 *
 * @throws RegistryError `ERR_HOST_TAKEN`
 */
export async function claimHosts(
  tx: RegistryDatabase,
  key: ProjectKey,
  list: readonly string[],
): Promise<void> {
  await tx.delete(hosts).where(ofProject(hosts, key))
  for (let start = 0; start < list.length; start += BATCH) {
    const rows = list.slice(start, start + BATCH).map((host, index) => ({
      host,
      parent: parentOf(host) ?? '',
      workspaceId: key.workspaceId,
      projectId: key.projectId,
      position: start + index,
    }))
    await assertFree(tx, key, rows)
    await tx.insert(hosts).values(rows)
  }
}

async function assertFree(
  tx: RegistryDatabase,
  key: ProjectKey,
  wanted: readonly { host: string; parent: string }[],
): Promise<void> {
  const names = wanted.map(({ host }) => host)
  const [taken] = await tx.select({ host: hosts.host }).from(hosts).where(inArray(hosts.host, names)).limit(1)
  if (taken !== undefined) throw hostTaken(taken.host)

  const parents = (isWildcard: boolean): string[] => [
    ...new Set(
      wanted
        .filter(({ host, parent }) => parent !== '' && host.startsWith('*.') === isWildcard)
        .map((one) => one.parent),
    ),
  ]
  const ofOthers = not(eq(hosts.workspaceId, key.workspaceId))
  const wildcards = parents(false).map((parent) => `*.${parent}`)
  if (wildcards.length > 0) {
    const [over] = await tx
      .select({ host: hosts.host })
      .from(hosts)
      .where(and(inArray(hosts.host, wildcards), ofOthers))
      .limit(1)
    if (over !== undefined) throw hostTaken(wanted.find((one) => `*.${one.parent}` === over.host)?.host)
  }
  const covered = parents(true)
  if (covered.length > 0) {
    const [under] = await tx
      .select({ parent: hosts.parent })
      .from(hosts)
      .where(and(inArray(hosts.parent, covered), ofOthers))
      .limit(1)
    if (under !== undefined) throw hostTaken(`*.${under.parent}`)
  }
}

/**
 * Gives a project what it trusts in place of what it did.
 *
 * @throws RegistryError `ERR_PROJECTS_OVERLAP` when a token of another project would open this one; it names the other one
 *   within a workspace only
 */
export async function claimAnchors(
  tx: RegistryDatabase,
  key: ProjectKey,
  auth: StoredAuth,
  { kept, sought }: Anchors,
): Promise<void> {
  await tx.delete(anchors).where(ofProject(anchors, key))
  for (let start = 0; start < sought.length; start += BATCH) {
    const rivals = await tx
      .selectDistinct({
        workspaceId: projects.workspaceId,
        projectId: projects.projectId,
        auth: projects.auth,
      })
      .from(anchors)
      .innerJoin(
        projects,
        and(eq(projects.workspaceId, anchors.workspaceId), eq(projects.projectId, anchors.projectId)),
      )
      .where(inArray(anchors.anchor, sought.slice(start, start + BATCH)))
    for (const rival of rivals) {
      if (overlap(JSON.parse(rival.auth) as StoredAuth, auth)) throw overlapping(rival, key)
    }
  }
  for (let start = 0; start < kept.length; start += BATCH) {
    const { workspaceId, projectId } = key
    const rows = kept.slice(start, start + BATCH).map((anchor) => ({ anchor, workspaceId, projectId }))
    await tx.insert(anchors).values(rows)
  }
}

function ofProject(table: typeof hosts | typeof anchors, key: ProjectKey): ReturnType<typeof and> {
  return and(eq(table.workspaceId, key.workspaceId), eq(table.projectId, key.projectId))
}

function hostTaken(host: string | undefined): RegistryError {
  // Whose it is is nobody's business.
  return new RegistryError('ERR_HOST_TAKEN', `the host ${host} belongs to another project`)
}

function overlapping(rival: ProjectKey, key: ProjectKey): RegistryError {
  const name = rival.workspaceId === key.workspaceId ? `the project ${rival.projectId}` : 'another workspace'
  return new RegistryError(
    'ERR_PROJECTS_OVERLAP',
    `a token of ${name} would open this project: give them different audiences, keys or namespaces`,
  )
}
