import type { KeyedSecretAuth, ProjectAuth, ProjectLimits } from '../project/project.ts'

/** What of a project decides who may enter it. Every `Project` is one. */
export interface FoundProject {
  readonly workspaceId: string
  readonly projectId: string
  readonly auth: ProjectAuth | KeyedSecretAuth
  readonly limits?: ProjectLimits | undefined
  /**
   * Stands for `auth`: another one whenever `auth` is another. What verifies is kept by it; without it, `auth` itself is
   * compared on each call.
   */
  readonly authVersion?: string | undefined
  /** Whether there is anybody whom `isUserBlocked` would answer true for. @defaultValue true, where the store has that method */
  readonly hasBlockedUsers?: boolean | undefined
}

/** Where projects are kept. Its contract suite is `registryStoreContract` in `@portcullis/registry/testing`. */
export interface RegistryStore {
  /**
   * The project that answers under `host`, or null when there is none: the one that has exactly this host, else the one that
   * has the wildcard in place of its first label.
   *
   * `host` is normalised already (see `normalizeHost`). MUST reject when the answer cannot be known; MUST NOT resolve
   * null then, because null is a denial. The returned project MUST NOT be changed afterwards.
   */
  findProjectByHost(host: string): Promise<FoundProject | null>
  /**
   * The project of these ids, or null when there is none, under the same rules. `testToken` needs it.
   */
  findProjectById?(workspaceId: string, projectId: string): Promise<FoundProject | null>
  /**
   * Whether this user may not enter the project, whatever the token says. MUST reject when that cannot be known.
   */
  isUserBlocked?(workspaceId: string, projectId: string, userId: string): Promise<boolean>
}
