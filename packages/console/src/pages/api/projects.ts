import { read, send, type Answer, type Page } from './request.ts'
import { segment } from './segment.ts'

/** Everybody may connect. */
export interface NoAuth {
  readonly mode: 'none'
}

/** Tokens signed with a secret that the project shares with its own server. */
export interface SecretAuth {
  readonly mode: 'jwt-secret'
  readonly algorithms?: readonly string[]
  readonly issuer?: string | readonly string[]
  readonly audience?: string | readonly string[]
  /** Newest first, as far as they may be read. */
  readonly secrets: readonly ProjectSecret[]
}

/** Tokens of an identity provider that publishes its keys. */
export interface JwksAuth {
  readonly mode: 'jwt-jwks'
  readonly jwksUrl?: string
  readonly discovery?: true
  readonly issuer: string | readonly string[]
  readonly audience: string | readonly string[]
  readonly algorithms?: readonly string[]
}

/** Access tokens of machine clients of this installation. */
export interface MachineAuth {
  readonly mode: 'machine'
  readonly namespaces: readonly string[]
}

/** How clients of a project prove who they are. */
export type ProjectAuth = NoAuth | SecretAuth | JwksAuth | MachineAuth

/** {@link ProjectAuth} of a change: `secret` is write-only. */
export type ChangedAuth =
  | NoAuth
  | (Omit<SecretAuth, 'secrets'> & { readonly secret?: string })
  | JwksAuth
  | MachineAuth

export interface ProjectSecret {
  readonly secretId: string
  readonly createdAt: string
}

/** What clients may use; what is absent is limited by the gateway alone. */
export interface ProjectLimits {
  readonly maxConnections?: number
  readonly messagesPerSecond?: number
  readonly maxPayloadBytes?: number
}

export interface Project {
  readonly workspaceId: string
  readonly projectId: string
  readonly name: string
  readonly hosts: readonly string[]
  readonly auth: ProjectAuth
  readonly limits: ProjectLimits
  readonly createdAt: string
  readonly updatedAt: string
}

/** What may change; what is absent stays. */
export interface ProjectChanges {
  readonly name?: string
  readonly hosts?: readonly string[]
  readonly auth?: ChangedAuth
  readonly limits?: ProjectLimits
}

export interface NewProject {
  readonly projectId: string
  readonly name?: string
  readonly hosts: readonly string[]
  readonly auth: ChangedAuth
}

export const projectsPath = (workspaceId: string): string =>
  `/api/workspaces/${segment(workspaceId)}/projects`
export const projectPath = (workspaceId: string, projectId: string): string =>
  `${projectsPath(workspaceId)}/${segment(projectId)}`

export const listProjects = (workspaceId: string, after: string | null): Promise<Page<Project>> =>
  read(projectsPath(workspaceId), { query: { after, limit: 100 } })

export const readProject = (workspaceId: string, projectId: string): Promise<Answer<Project>> =>
  send('GET', projectPath(workspaceId, projectId))

export const createProject = (
  workspaceId: string,
  project: NewProject,
  idempotencyKey: string,
): Promise<Answer<Project>> => send('POST', projectsPath(workspaceId), { body: project, idempotencyKey })

export const updateProject = (
  workspaceId: string,
  projectId: string,
  changes: ProjectChanges,
  etag: string | null,
): Promise<Answer<Project>> => send('PATCH', projectPath(workspaceId, projectId), { body: changes, etag })

export async function deleteProject(
  workspaceId: string,
  projectId: string,
  etag: string | null,
): Promise<void> {
  await send('DELETE', projectPath(workspaceId, projectId), { etag })
}
