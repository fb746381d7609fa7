import { loadProjectsFile, type Project } from '@portcullis/registry'
import type { Environment } from './environment.ts'

/** What answers on this machine before anybody wrote a projects file: a project that everybody may enter. */
const DEVELOPMENT_PROJECT: Project = {
  workspaceId: 'demo',
  projectId: 'chat',
  hosts: ['localhost', '127.0.0.1', '[::1]'],
  auth: { mode: 'none' },
}

/** The projects that an empty database begins with, and a warning when an operator should know more about them. */
export interface LoadedProjects {
  readonly projects: readonly Project[]
  readonly warning: string | null
  /** Whether somebody wrote them. */
  readonly isFile: boolean
}

/**
 * Reads `PROJECTS_FILE`, or falls back: to a development project, or in production to nothing.
 *
 * @throws ProjectsFileError when the file cannot be used
 */
export async function loadProjects(
  env: Pick<Environment, 'PROJECTS_FILE' | 'production'>,
): Promise<LoadedProjects> {
  if (env.PROJECTS_FILE !== undefined) {
    return { projects: await loadProjectsFile(env.PROJECTS_FILE), warning: null, isFile: true }
  }
  if (env.production) {
    return {
      projects: [],
      warning: 'PROJECTS_FILE is not set: no host is known and every client will be refused',
      isFile: false,
    }
  }
  return {
    projects: [DEVELOPMENT_PROJECT],
    warning: 'PROJECTS_FILE is not set: clients on localhost need no token',
    isFile: false,
  }
}
