import type { Project } from '../api/projects.ts'

/** Under which a project is remembered. */
export function projectKey({
  workspaceId,
  projectId,
}: Pick<Project, 'workspaceId' | 'projectId'>): readonly string[] {
  return ['workspace', workspaceId, 'project', projectId]
}
