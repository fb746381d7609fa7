import { readProject, updateProject, type Project, type ProjectChanges } from '../api/projects.ts'
import type { Answer } from '../api/request.ts'
import { useEdit, type Edit } from '../changes/use-edit.tsx'
import { workspaceKey } from '../workspaces/in-workspace.tsx'
import { projectKey } from './project-key.ts'

/** Editing some members of a project. */
export function useProjectEdit<Fields extends object>(
  answer: Answer<Project>,
  toFields: (project: Project) => Fields,
  toChanges: (fields: Fields) => ProjectChanges,
): Edit<Fields> {
  const { workspaceId, projectId } = answer.data
  return useEdit({
    answer,
    queryKey: projectKey(answer.data),
    toFields,
    toChanges,
    read: () => readProject(workspaceId, projectId),
    refresh: [[...workspaceKey(workspaceId), 'projects']],
    update: (changes, etag) => updateProject(workspaceId, projectId, changes, etag),
  })
}
