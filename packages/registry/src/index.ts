export {
  createRegistry,
  type AuthorizeRequest,
  type Grant,
  type Registry,
  type RegistryOptions,
} from './authorize/create-registry.ts'
export { REGISTRY_ERRORS, RegistryError, type RegistryErrorCode } from './errors.ts'
export type { MachineTokenClaims, MachineTokens } from './authorize/machine-tokens.ts'
export type { TokenCheck, TokenCheckName, TokenTest, TokenTestRequest } from './authorize/token-test.ts'
export { normalizeHost } from './host/normalize-host.ts'
export { assertSeparateTenants } from './project/assert-separate-tenants.ts'
export type {
  JwksAuth,
  KeyedSecretAuth,
  MachineAuth,
  NoAuth,
  Project,
  ProjectAuth,
  ProjectLimits,
  SecretAuth,
} from './project/project.ts'
export { createMemoryStore } from './store/memory-store.ts'
export { loadProjectsFile, ProjectsFileError } from './store/projects-file.ts'
export type { FoundProject, RegistryStore } from './store/registry-store.ts'
// The options take this key, so it belongs to this package's surface too.
export { allowInsecureHttp } from '@portcullis/auth-core'
