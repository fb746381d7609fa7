import type { Change, ChangeOf } from './managed-store.ts'
import type {
  ApiKeyRecord,
  ApiKeyRef,
  MemberKey,
  MemberRecord,
  Membership,
  Page,
  PageRequest,
  Role,
} from './records.ts'

/** A new member. */
export interface NewMember {
  /** Null for an operator. */
  readonly workspaceId: string | null
  /** `user:<sub>`, `email:<address>` (ASCII, compared in lower case) or `machine:<clientId>`. */
  readonly subject: string
  readonly role: Role
  /** 1–200 characters. @defaultValue the subject without its kind */
  readonly name?: string | undefined
}

/** What changes in a member; what is absent stays. */
export interface MemberChanges {
  readonly role?: Role | undefined
  readonly name?: string | undefined
}

/**
 * Who may do what, by workspace; those of `workspaceId: null` are operators. A workspace that has owners keeps one. Of
 * operators somebody is left who may do everything: a member who is an owner, or an API key with that role which has not
 * expired. At most 1000 in each workspace.
 */
export interface Members {
  /** @throws RegistryError `ERR_WORKSPACE_UNKNOWN`, `ERR_ID_TAKEN` when the subject is a member, `ERR_LIMIT_REACHED` */
  create(input: NewMember, change: Change): Promise<MemberRecord>
  find(key: MemberKey): Promise<MemberRecord | null>
  /** By subject. */
  list(workspaceId: string | null, page?: PageRequest): Promise<Page<MemberRecord>>
  /** @throws RegistryError `ERR_MEMBER_UNKNOWN`, `ERR_VERSION_MISMATCH`, `ERR_LAST_OWNER` */
  update(key: MemberKey, changes: MemberChanges, change: ChangeOf): Promise<MemberRecord>
  /** @throws RegistryError `ERR_MEMBER_UNKNOWN`, `ERR_VERSION_MISMATCH`, `ERR_LAST_OWNER` */
  delete(key: MemberKey, change: ChangeOf): Promise<void>
  /**
   * What somebody may do who is all of these subjects: for each workspace the strongest role, that of an operator first. At
   * most 20 subjects and 1000 workspaces. What cannot be a subject is nobody.
   */
  of(subjects: readonly string[]): Promise<readonly Membership[]>
}

/** A new API key. */
export interface NewApiKey {
  /** Null for a key of an operator. */
  readonly workspaceId: string | null
  /** 1–200 characters. */
  readonly name: string
  readonly role: Role
  /** Milliseconds since the epoch, in the future. @defaultValue it never expires */
  readonly expiresAtMs?: number | null | undefined
}

/** An API key with what is shown once. */
export interface ShownApiKey {
  readonly record: ApiKeyRecord
  /** `pck_<keyId>_<43 characters of base64url>`: 256 random bits, of which a digest is kept. */
  readonly key: string
}

/** The API keys, at most 100 in each workspace. */
export interface ApiKeys {
  /** @throws RegistryError `ERR_WORKSPACE_UNKNOWN`, `ERR_LIMIT_REACHED` */
  create(input: NewApiKey, change: Change): Promise<ShownApiKey>
  find(ref: ApiKeyRef): Promise<ApiKeyRecord | null>
  /** By key id. */
  list(workspaceId: string | null, page?: PageRequest): Promise<Page<ApiKeyRecord>>
  /**
   * Makes another key of the same id, role and expiry. The one before is refused from then on, and with it the console
   * sessions that it opened.
   *
   * @throws RegistryError `ERR_API_KEY_UNKNOWN`, `ERR_VERSION_MISMATCH`, `ERR_REQUEST_INVALID` when it has expired
   */
  rotate(ref: ApiKeyRef, change: ChangeOf): Promise<ShownApiKey>
  /**
   * Removes a key, of whatever version unless the change names one.
   *
   * @throws RegistryError `ERR_API_KEY_UNKNOWN`, `ERR_VERSION_MISMATCH`, `ERR_LAST_OWNER`
   */
  revoke(ref: ApiKeyRef, change: Change & { version?: string | undefined }): Promise<void>
  /** Whose key it is; null for whatever is not a key, or is one no longer. Writes when it was used, at most once a minute. */
  authenticate(key: string): Promise<ApiKeyRecord | null>
}

/** Who signed in to the console, as long as that is true. */
export type ConsolePrincipal =
  | { readonly kind: 'api-key'; readonly key: ApiKeyRecord }
  | { readonly kind: 'person'; readonly subjects: readonly string[]; readonly name: string }

/** Who signs in: a key as `authenticate` answered it, or a person with 1 to 20 subjects. */
export type NewConsolePrincipal =
  | { readonly kind: 'api-key'; readonly key: ApiKeyRef & { readonly version: string } }
  | { readonly kind: 'person'; readonly subjects: readonly string[]; readonly name: string }

/** A session of the console. */
export interface ConsoleSession {
  readonly principal: ConsolePrincipal
  /** Milliseconds since the epoch, as `expiresAtMs`. */
  readonly createdAtMs: number
  readonly expiresAtMs: number
}

/** A session of the console with what is shown once. */
export interface ShownConsoleSession extends Omit<ConsoleSession, 'principal'> {
  /** 43 characters of base64url: 256 random bits, of which a digest is kept. */
  readonly secret: string
}

/** The sessions of the console: at most 20 for one key or person, of which the oldest makes room. */
export interface ConsoleSessions {
  /** @param input.ttlMs - milliseconds until it ends, integer from 1 to 30 days */
  create(input: {
    readonly principal: NewConsolePrincipal
    readonly ttlMs: number
  }): Promise<ShownConsoleSession>
  /** The session, or null when it ended, or the key that opened it was rotated or revoked or has expired. */
  find(secret: string): Promise<ConsoleSession | null>
  /** Ends a session. One that is not there has ended. */
  delete(secret: string): Promise<void>
}

/** How the first operator comes in. */
export interface Setup {
  /** Whether nobody is an operator who may do everything: no member, and no API key that has not expired. */
  isNeeded(): Promise<boolean>
  /**
   * A token that makes one operator, good for an hour, of which a digest is kept; null when there is an operator. Of more
   * than 10 the oldest makes room.
   */
  issue(): Promise<string | null>
  /**
   * Takes a token for an API key of an operator who may do everything. All tokens end with that: whoever comes second, with
   * the same or another one, is refused.
   *
   * @throws RegistryError `ERR_SETUP_TOKEN_INVALID`
   */
  consume(token: string, input: { readonly name?: string | undefined }, change: Change): Promise<ShownApiKey>
}
