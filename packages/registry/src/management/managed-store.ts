import type { Project, ProjectAuth, ProjectLimits } from '../project/project.ts'
import type { ChangedAuth } from '../project/project-schema.ts'
import type { RegistryStore } from '../store/registry-store.ts'
import type {
  AuditEntry,
  ChangeAction,
  Page,
  PageRequest,
  ProjectKey,
  ProjectRecord,
  WorkspaceRecord,
} from './records.ts'

/** Who changes something, for the audit log. */
export interface Change {
  /** 1–256 characters. */
  actor: string
  /** Of the request that asked for it, at most 256 characters. @defaultValue none */
  requestId?: string | undefined
}

/** A change of something that was read. */
export interface ChangeOf extends Change {
  /** The version that was read: the change is refused with `ERR_VERSION_MISMATCH` when it is another one by now. */
  version: string
}

/** A new workspace. */
export interface NewWorkspace {
  readonly workspaceId: string
  /** 1–200 characters. @defaultValue the id */
  readonly name?: string | undefined
}

/** A new project. */
export interface NewProject extends ProjectKey {
  /** 1–200 characters. @defaultValue the id */
  readonly name?: string | undefined
  readonly hosts: readonly string[]
  /** With one or two secrets in the mode `jwt-secret`. */
  readonly auth: ProjectAuth
  readonly limits?: ProjectLimits | undefined
}

/** What changes in a project; what is absent stays. `auth` and `limits` are replaced as a whole. */
export interface ProjectChanges {
  readonly name?: string | undefined
  readonly hosts?: readonly string[] | undefined
  /** In the mode `jwt-secret` without `secret`: the secrets stay. */
  readonly auth?: ChangedAuth | undefined
  readonly limits?: ProjectLimits | undefined
}

/** A change that is in force. */
export interface RegistryChange {
  readonly action: ChangeAction
  readonly workspaceId: string
  readonly projectId: string | null
  /** Hosts that the project had before or has now. */
  readonly hosts: readonly string[]
  /** Whether who may enter has changed, so that sessions of before are to be looked at again. */
  readonly isAuthChanged: boolean
}

/**
 * The workspaces. All methods of this and the other interfaces reject with `ERR_REGISTRY_UNAVAILABLE` when the database is
 * away and with a TypeError for mistakes of the calling code; changes reject with `ERR_REQUEST_INVALID` for what is to be
 * stored, naming its place and never a value.
 */
export interface Workspaces {
  /** @throws RegistryError `ERR_ID_TAKEN` */
  create(input: NewWorkspace, change: Change): Promise<WorkspaceRecord>
  find(workspaceId: string): Promise<WorkspaceRecord | null>
  /** By id. */
  list(page?: PageRequest): Promise<Page<WorkspaceRecord>>
  /** @throws RegistryError `ERR_WORKSPACE_UNKNOWN`, `ERR_VERSION_MISMATCH` */
  update(
    workspaceId: string,
    changes: { name?: string | undefined },
    change: ChangeOf,
  ): Promise<WorkspaceRecord>
  /** @throws RegistryError `ERR_WORKSPACE_UNKNOWN`, `ERR_VERSION_MISMATCH`, `ERR_WORKSPACE_NOT_EMPTY` */
  delete(workspaceId: string, change: ChangeOf): Promise<void>
}

/** The projects of the workspaces. */
export interface Projects {
  /** @throws RegistryError `ERR_WORKSPACE_UNKNOWN`, `ERR_ID_TAKEN`, `ERR_HOST_TAKEN`, `ERR_PROJECTS_OVERLAP` */
  create(input: NewProject, change: Change): Promise<ProjectRecord>
  find(key: ProjectKey): Promise<ProjectRecord | null>
  /** By id. */
  list(workspaceId: string, page?: PageRequest): Promise<Page<ProjectRecord>>
  /** @throws RegistryError `ERR_PROJECT_UNKNOWN`, `ERR_VERSION_MISMATCH`, `ERR_HOST_TAKEN`, `ERR_PROJECTS_OVERLAP` */
  update(key: ProjectKey, changes: ProjectChanges, change: ChangeOf): Promise<ProjectRecord>
  /** @throws RegistryError `ERR_PROJECT_UNKNOWN`, `ERR_VERSION_MISMATCH` */
  delete(key: ProjectKey, change: ChangeOf): Promise<void>
  /**
   * Adds a secret to a project of the mode `jwt-secret`. From then on tokens of both are good; remove the old one when its
   * last token has expired.
   *
   * @throws RegistryError `ERR_PROJECT_UNKNOWN`, `ERR_VERSION_MISMATCH`, `ERR_SECRET_COUNT` when there are two already,
   *   `ERR_PROJECTS_OVERLAP`
   */
  addSecret(key: ProjectKey, secret: string, change: ChangeOf): Promise<ProjectRecord>
  /** @throws RegistryError `ERR_PROJECT_UNKNOWN`, `ERR_VERSION_MISMATCH`, `ERR_SECRET_UNKNOWN`, `ERR_SECRET_COUNT` for the last one */
  removeSecret(key: ProjectKey, secretId: string, change: ChangeOf): Promise<ProjectRecord>
}

/** The changes of the past; each was written together with what it is about. */
export interface AuditLog {
  /** Newest first; of a workspace, of a project, or of everything. */
  list(filter?: PageRequest & Partial<ProjectKey>): Promise<Page<AuditEntry>>
}

/** A store of the registry that can be changed, and that shows no secret. */
export interface ManagedStore extends RegistryStore, AsyncDisposable {
  readonly workspaces: Workspaces
  readonly projects: Projects
  readonly auditLog: AuditLog
  /** Makes or migrates the tables. Call it before anything else; it may be called again after it failed. */
  start(): Promise<void>
  /**
   * Fills a database that has no workspace yet, all or nothing, with the workspaces that the projects name.
   *
   * @returns whether it did: false when there is a workspace
   * @throws what `projects.create` does
   */
  importProjects(projects: readonly Project[], change: Change): Promise<boolean>
  /** Encrypts with the first key what another one encrypted. @returns how many secrets that were */
  resealSecrets(): Promise<number>
  /**
   * Calls `listener` after each change that was made through this store, and not for those of other processes. What it throws
   * goes to the option `onListenerError`.
   *
   * @returns what ends it
   */
  onChange(listener: (change: RegistryChange) => void): () => void
  /** Answers nothing from then on. The database stays open: that is yours. */
  close(): Promise<void>
}
