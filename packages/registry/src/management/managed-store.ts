import type { Project, ProjectAuth, ProjectLimits } from '../project/project.ts'
import type { ChangedAuth } from '../project/project-schema.ts'
import type { RegistryStore } from '../store/registry-store.ts'
import type { ApiKeys, ConsoleSessions, Members, Setup } from './access.ts'
import type { Idempotency } from './idempotency.ts'
import type {
  AuditEntry,
  BlockedUserRecord,
  Page,
  PageRequest,
  ProjectKey,
  ProjectRecord,
  RecordedAction,
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

/**
 * What a change means for sessions that are open: `admission`, somebody of the project may have to go; `hosts`, the project
 * has other hosts; `user`, one user was blocked or is so no longer; `limits`, the project has other limits; `deleted`, it is gone.
 */
export type RegistryChangeKind = 'admission' | 'hosts' | 'user' | 'limits' | 'deleted'

/** A change that is in force and matters to sessions that are open. */
export interface RegistryChange {
  /** Rises by one with each of them, over all processes of one database; 1 is the first. */
  readonly sequence: number
  readonly kind: RegistryChangeKind
  readonly workspaceId: string
  readonly projectId: string
  /** Hosts and wildcards that the project has now. */
  readonly hosts: string[]
  /** Hosts, not wildcards, that it gained, and that a wildcard of another project may have stood for. */
  readonly addedHosts: string[]
  /** Of the kind `user`; otherwise null. */
  readonly userId: string | null
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

/** The projects of the workspaces, at most 1000 in each. */
export interface Projects {
  /**
   * @throws RegistryError `ERR_WORKSPACE_UNKNOWN`, `ERR_ID_TAKEN`, `ERR_HOST_TAKEN`, `ERR_PROJECTS_OVERLAP`,
   *   `ERR_LIMIT_REACHED`
   */
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

/** A user to be kept out. */
export interface NewBlockedUser extends ProjectKey {
  /** The token's `sub`, 1–8192 characters. */
  readonly userId: string
  /** 1–500 characters. @defaultValue none */
  readonly reason?: string | undefined
}

/** Users who may not enter a project, at most 10 000 for each. `authorize` refuses them with `ERR_USER_BLOCKED`. */
export interface BlockedUsers {
  /**
   * Blocks a user. One who is blocked stays so, with the new reason where there is one.
   *
   * @throws RegistryError `ERR_PROJECT_UNKNOWN`, `ERR_LIMIT_REACHED`
   */
  add(input: NewBlockedUser, change: Change): Promise<BlockedUserRecord>
  find(key: ProjectKey, userId: string): Promise<BlockedUserRecord | null>
  /** Newest first. */
  list(key: ProjectKey, page?: PageRequest): Promise<Page<BlockedUserRecord>>
  /** @throws RegistryError `ERR_PROJECT_UNKNOWN`, `ERR_BLOCKED_USER_UNKNOWN` */
  remove(key: ProjectKey, userId: string, change: Change): Promise<void>
}

/** The changes that `onChange` tells of, for whoever missed some. The last 2000 are kept. */
export interface RegistryChanges {
  /** The sequence of the last one; 0 when there was none. */
  latest(): Promise<number>
  /**
   * Those after `sequence`, in order, each with the hosts that its project has by now; null when that cannot be told: more
   * than 1000 changes or 10 000 hosts, or a number that is none of ours.
   */
  since(sequence: number): Promise<RegistryChange[] | null>
}

/** What a clean-up removed. */
export interface CleanedUp {
  readonly consoleSessions: number
  readonly idempotencyKeys: number
  readonly setupTokens: number
  readonly auditEntries: number
}

/** Something that was done and is not a change of this store. */
export interface RecordedChange extends ProjectKey {
  readonly action: RecordedAction
  /** Of the session or the dead letter, 1–256 characters. */
  readonly subjectId: string
}

/** The changes of the past; each was written together with what it is about. */
export interface AuditLog {
  /**
   * Newest first; of a workspace, of a project, or of everything. Of a workspace that was deleted, and whose id another one has
   * now, only in the list of everything.
   */
  list(filter?: PageRequest & Partial<ProjectKey>): Promise<Page<AuditEntry>>
  /**
   * Writes an entry for something that is done elsewhere. What it is about is its `before`.
   *
   * @throws RegistryError `ERR_REQUEST_INVALID`
   */
  record(action: RecordedChange, change: Change): Promise<void>
}

/** A store of the registry that can be changed, and that shows no secret. */
export interface ManagedStore extends Required<RegistryStore>, AsyncDisposable {
  readonly workspaces: Workspaces
  readonly projects: Projects
  readonly blockedUsers: BlockedUsers
  readonly members: Members
  readonly apiKeys: ApiKeys
  readonly consoleSessions: ConsoleSessions
  readonly setup: Setup
  readonly idempotency: Idempotency
  readonly auditLog: AuditLog
  readonly changes: RegistryChanges
  /** Makes or migrates the tables. Call it before anything else; it may be called again after it failed. */
  start(): Promise<void>
  /**
   * Fills a database that has no workspace yet, all or nothing, with the workspaces that the projects name.
   *
   * @returns whether it did: false when there is a workspace
   * @throws what `projects.create` does; but there may be any number of them
   */
  importProjects(projects: readonly Project[], change: Change): Promise<boolean>
  /** Encrypts with the first key what another one encrypted. @returns how many secrets of projects that were */
  resealSecrets(): Promise<number>
  /**
   * Removes what has expired, and audit entries past their retention. Some of it also goes with each call that adds to it, so
   * that nothing grows without end where nobody calls this.
   */
  cleanUp(): Promise<CleanedUp>
  /**
   * Calls `listener` after each change that was made through this store and matters to open sessions, and not for those of
   * other processes: see `changes`. What it throws goes to the option `onListenerError`.
   *
   * @returns what ends it
   */
  onChange(listener: (change: RegistryChange) => void): () => void
  /** Answers nothing from then on. The database stays open: that is yours. */
  close(): Promise<void>
}
