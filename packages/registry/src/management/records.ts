import type { JwksAuth, MachineAuth, NoAuth, ProjectLimits, SecretAuth } from '../project/project.ts'

/** A workspace: what projects, and later people, belong to. */
export interface WorkspaceRecord {
  readonly workspaceId: string
  readonly name: string
  /** Opaque; another one after each change. */
  readonly version: string
  /** Milliseconds since the epoch, as `updatedAtMs`. */
  readonly createdAtMs: number
  readonly updatedAtMs: number
}

/** What is shown of a secret. */
export interface SecretView {
  readonly secretId: string
  /** Milliseconds since the epoch. */
  readonly createdAtMs: number
}

/** {@link SecretAuth} without its secrets, which are not to be read. */
export interface SecretAuthView extends Omit<SecretAuth, 'secret'> {
  /** Newest first. */
  readonly secrets: readonly SecretView[]
}

/** How clients of a project prove who they are, as far as it may be read. */
export type ProjectAuthView = NoAuth | SecretAuthView | JwksAuth | MachineAuth

/** A project as it may be read. */
export interface ProjectRecord {
  readonly workspaceId: string
  readonly projectId: string
  readonly name: string
  /** Normalised, in the order given. */
  readonly hosts: readonly string[]
  readonly auth: ProjectAuthView
  readonly limits: ProjectLimits
  /** Opaque; another one after each change. */
  readonly version: string
  /** Milliseconds since the epoch, as `updatedAtMs`. */
  readonly createdAtMs: number
  readonly updatedAtMs: number
}

/** Names a project. */
export interface ProjectKey {
  readonly workspaceId: string
  readonly projectId: string
}

/** What was done. */
export type ChangeAction =
  | 'workspace.created'
  | 'workspace.updated'
  | 'workspace.deleted'
  | 'project.created'
  | 'project.updated'
  | 'project.deleted'
  | 'project.secret_added'
  | 'project.secret_removed'

/** One change, as the audit log keeps it for good. */
export interface AuditEntry {
  readonly entryId: string
  /** Milliseconds since the epoch. */
  readonly atMs: number
  readonly actor: string
  readonly requestId: string | null
  readonly action: ChangeAction
  readonly workspaceId: string
  /** Null when the workspace itself was changed. */
  readonly projectId: string | null
  /** The workspace or project as it was; null when it is new. */
  readonly before: WorkspaceRecord | ProjectRecord | null
  /** The workspace or project as it is from then on; null when it is gone. */
  readonly after: WorkspaceRecord | ProjectRecord | null
}

/** A part of a list. */
export interface Page<Item> {
  readonly items: readonly Item[]
  /** What to pass as `after` for the items that follow; null when there are none. */
  readonly next: string | null
}

/** Which part of a list. */
export interface PageRequest {
  /** `next` of the page before. @defaultValue begins at the beginning */
  after?: string | null | undefined
  /** Most items, integer 1–200. @defaultValue 50 */
  limit?: number | undefined
}
