import type { ManagedStore } from '@portcullis/registry/postgres'
import type { FastifyBaseLogger } from 'fastify'
import type { LoadedProjects } from './projects.ts'

/** Who the audit log says made the development project. */
const DEVELOPMENT_ACTOR = 'control-plane (development)'
const FILE_ACTOR = 'control-plane (PROJECTS_FILE)'

/**
 * Puts the projects that a control plane begins with into an empty database. One that has nothing but the development
 * project, as it was made, counts as empty when there is a file.
 */
export async function fillStore(
  store: ManagedStore,
  { projects, warning, isFile }: LoadedProjects,
  logger: FastifyBaseLogger,
): Promise<void> {
  if (isFile) await removeDevelopmentProject(store)
  const isFilled = await store.importProjects(projects, { actor: isFile ? FILE_ACTOR : DEVELOPMENT_ACTOR })
  if (isFilled && warning !== null) logger.warn(warning)
  if (!isFilled && isFile) logger.info('PROJECTS_FILE is not imported: the database has projects already')
}

async function removeDevelopmentProject(store: ManagedStore): Promise<void> {
  const entries = (await store.auditLog.list({ limit: 3 })).items
  const [project] = entries
  const isUntouched = entries.every(({ actor }) => actor === DEVELOPMENT_ACTOR)
  if (entries.length !== 2 || !isUntouched || !project?.workspaceId || !project.projectId) return
  const { workspaceId, projectId } = project
  const record = await store.projects.find({ workspaceId, projectId })
  const workspace = await store.workspaces.find(workspaceId)
  if (record === null || workspace === null) return
  await store.projects.delete(record, { actor: FILE_ACTOR, version: record.version })
  await store.workspaces.delete(workspaceId, { actor: FILE_ACTOR, version: workspace.version })
}
