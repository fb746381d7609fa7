import type { JwksAuth, MachineAuth, NoAuth, ProjectLimits, SecretAuth } from '../project/project.ts'

/** A workspace: what projects, members and API keys belong to. */
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

/** What somebody may do: look; also change projects; also say who else may. */
export type Role = 'owner' | 'admin' | 'viewer'

/** Somebody who may do something in a workspace, or in all of them. */
export interface MemberRecord {
  readonly memberId: string
  /** Null for an operator: all workspaces, and what belongs to none. */
  readonly workspaceId: string | null
  /** `user:<sub>`, `email:<address>` (in lower case) or `machine:<clientId>`. */
  readonly subject: string
  readonly role: Role
  /** For people to read; the subject without its kind where none was given. */
  readonly name: string
  /** Opaque; another one after each change. */
  readonly version: string
  /** Milliseconds since the epoch, as `updatedAtMs`. */
  readonly createdAtMs: number
  readonly updatedAtMs: number
}

/** Names a member; one of another workspace is unknown. */
export interface MemberKey {
  readonly workspaceId: string | null
  readonly memberId: string
}

/** What somebody is in one workspace. */
export interface Membership {
  /** Null for an operator. */
  readonly workspaceId: string | null
  readonly role: Role
}

/** An API key as it may be read. The key itself was shown once and is not kept. */
export interface ApiKeyRecord {
  /** 16 hexadecimal digits. */
  readonly keyId: string
  /** Null for a key of an operator. */
  readonly workspaceId: string | null
  readonly name: string
  readonly role: Role
  /** What the key begins with, to recognise it by. */
  readonly prefix: string
  /** Milliseconds since the epoch, from which on it is refused; null when it never expires. */
  readonly expiresAtMs: number | null
  /** When it was used last, to a minute; null when it was not. */
  readonly lastUsedAtMs: number | null
  /** Opaque; another one after each rotation. */
  readonly version: string
  /** Milliseconds since the epoch, as `updatedAtMs`. */
  readonly createdAtMs: number
  readonly updatedAtMs: number
}

/** Names an API key; one of another workspace is unknown. */
export interface ApiKeyRef {
  readonly workspaceId: string | null
  readonly keyId: string
}

/** A user who may not enter a project, whatever the token says. */
export interface BlockedUserRecord extends ProjectKey {
  /** The token's `sub`. */
  readonly userId: string
  readonly reason: string | null
  /** Milliseconds since the epoch. */
  readonly createdAtMs: number
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
  | 'user.blocked'
  | 'user.unblocked'
  | 'member.created'
  | 'member.updated'
  | 'member.deleted'
  | 'api_key.created'
  | 'api_key.rotated'
  | 'api_key.revoked'
  | RecordedAction

/** What is done to something that this store does not keep. */
export type RecordedAction = 'session.closed' | 'dead_letter.replayed' | 'dead_letter.dropped'

/** Names something that this store does not keep: a session or a dead letter. */
export interface SubjectRecord {
  readonly subjectId: string
}

/** What a change may be about, as it may be read. */
export type AuditedRecord =
  | WorkspaceRecord
  | ProjectRecord
  | BlockedUserRecord
  | MemberRecord
  | ApiKeyRecord
  | SubjectRecord

/** One change, as the audit log keeps it. */
export interface AuditEntry {
  readonly entryId: string
  /** Milliseconds since the epoch. */
  readonly atMs: number
  readonly actor: string
  readonly requestId: string | null
  readonly action: ChangeAction
  /** Null when it belongs to no workspace: operators and their keys. */
  readonly workspaceId: string | null
  /** Null when it belongs to no project. */
  readonly projectId: string | null
  /** What was changed as it was; null when it is new. */
  readonly before: AuditedRecord | null
  /** What was changed as it is from then on; null when it is gone. */
  readonly after: AuditedRecord | null
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
