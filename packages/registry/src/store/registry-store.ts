import type { Project } from '../project/project.ts'

/** Where projects are kept. Its contract suite is `registryStoreContract` in `@portcullis/registry/testing`. */
export interface RegistryStore {
  /**
   * The project that answers under `host`, or null when there is none.
   *
   * `host` is normalised already (see `normalizeHost`). MUST reject when the answer cannot be known; MUST NOT resolve
   * null then, because null is a denial. The returned project MUST NOT be changed afterwards.
   */
  findProjectByHost(host: string): Promise<Project | null>
}
