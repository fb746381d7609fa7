import { allowInsecureHttp, AuthError, type EgressFetch } from '@portcullis/auth-core'
import { RegistryError } from '../errors.ts'
import { normalizeHost } from '../host/normalize-host.ts'
import { createProjectVerifiers } from '../internal/project-verifiers.ts'
import type { ProjectLimits } from '../project/project.ts'
import type { RegistryStore } from '../store/registry-store.ts'
import { asking, isBlocked } from './ask-store.ts'
import { examineToken } from './examine-token.ts'
import type { MachineTokens } from './machine-tokens.ts'
import type { TokenTest, TokenTestRequest } from './token-test.ts'

/** Options of {@link createRegistry}. */
export interface RegistryOptions {
  store: RegistryStore
  /**
   * What downloads the keys behind `jwksUrl`. When tenants write their own: `createPublicFetch()` of
   * `@portcullis/auth-core/egress`, which reaches public addresses only. @defaultValue the global `fetch`
   */
  egress?: EgressFetch | undefined
  /**
   * What verifies the tokens of machine clients, for projects of the mode `machine`. @defaultValue none: such a project is
   * `ERR_PROJECT_MISCONFIGURED`
   */
  machineTokens?: MachineTokens | undefined
  /** Permits `http:` key URLs on loopback addresses. For tests and development. */
  [allowInsecureHttp]?: boolean | undefined
}

/** What is asked: may this client open a session under this host? */
export interface AuthorizeRequest {
  /** `Host` of the client's request, with or without a port. */
  readonly host: string
  /** The client's token; null or absent when it sent none. */
  readonly token?: string | null | undefined
  /** Only a project of this mode answers: under the host of any other it is `ERR_HOST_UNKNOWN`. @defaultValue every mode does */
  readonly mode?: 'machine' | undefined
}

/** A session that may be opened. */
export interface Grant {
  readonly workspaceId: string
  readonly projectId: string
  /** The token's `sub`; null in a project without authentication. */
  readonly userId: string | null
  /** All claims of the token, `exp` (seconds) among them; empty in a project without authentication. */
  readonly claims: Readonly<Record<string, unknown>>
  /** What the project allows its clients; absent when it says nothing. */
  readonly limits?: ProjectLimits
}

/** The registry's decisions. */
export interface Registry {
  /**
   * Decides whether a client may open a session. In order: host syntax, the host's project, the token as the project
   * wants it, and that its user is not blocked.
   *
   * @throws RegistryError `ERR_HOST_INVALID`, `ERR_HOST_UNKNOWN`, `ERR_PROJECT_MISCONFIGURED`, `ERR_USER_BLOCKED`,
   *   `ERR_REGISTRY_UNAVAILABLE`
   * @throws AuthError `ERR_AUTH_TOKEN_REQUIRED`, `ERR_AUTH_TOKEN_INVALID`, `ERR_AUTH_TOKEN_EXPIRED`,
   *   `ERR_AUTH_KEYS_UNAVAILABLE`
   */
  authorize(request: AuthorizeRequest): Promise<Grant>
  /**
   * Says of each thing that `authorize` looks at whether it is right with a token. Verifies as `authorize` does, with the same
   * keys: `ok` is true exactly when that one grants a session of this project.
   *
   * @throws RegistryError `ERR_PROJECT_UNKNOWN`, `ERR_REGISTRY_UNAVAILABLE`
   * @throws TypeError when the store has no `findProjectById`
   */
  testToken(request: TokenTestRequest): Promise<TokenTest>
}

/**
 * Makes a registry over a store. Key sets are cached per project for the life of the registry, so make one and keep it.
 *
 * @throws TypeError when `store` is not a store or `egress` not a function
 */
export function createRegistry(options: RegistryOptions): Registry {
  const { store } = options
  if (typeof store?.findProjectByHost !== 'function') throw new TypeError('"store" must be a registry store')
  if (options.egress !== undefined && typeof options.egress !== 'function') {
    throw new TypeError('"egress" must be a function')
  }
  if (options.machineTokens !== undefined && typeof options.machineTokens !== 'function') {
    throw new TypeError('"machineTokens" must be a function')
  }
  const verifiers = createProjectVerifiers({
    egress: options.egress,
    machineTokens: options.machineTokens,
    [allowInsecureHttp]: options[allowInsecureHttp] === true,
  })

  return Object.freeze({
    async authorize({ host, token, mode }: AuthorizeRequest): Promise<Grant> {
      const normal = normalizeHost(host)
      const project = await asking(() => store.findProjectByHost(normal))
      // The host is left out on purpose: one constant answer for everything unknown.
      if (project === null || (mode ?? project.auth.mode) !== project.auth.mode)
        throw new RegistryError('ERR_HOST_UNKNOWN', 'no project answers under this host')
      const { workspaceId, projectId, auth, limits } = project
      const session = { workspaceId, projectId }
      const allowed = limits !== undefined && Object.keys(limits).length > 0 ? { limits } : {}
      if (auth.mode === 'none') return { ...session, userId: null, claims: {}, ...allowed }
      if (token === null || token === undefined) {
        throw new AuthError('ERR_AUTH_TOKEN_REQUIRED', 'a token is required')
      }
      const claims = await verifiers.verifierOf(project, auth)(token)
      if (await isBlocked(store, project, claims.sub)) {
        throw new RegistryError('ERR_USER_BLOCKED', 'the user may not enter this project')
      }
      return { ...session, userId: claims.sub, claims, ...allowed }
    },

    testToken: (request) => examineToken(store, verifiers, request),
  } satisfies Registry)
}
