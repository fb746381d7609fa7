import type { TokenAlgorithm } from '@portcullis/auth-core'

/** Everybody may open a session; a token is ignored. */
export interface NoAuth {
  readonly mode: 'none'
}

/** Tokens are signed with a secret that the project shares with us. */
export interface SecretAuth {
  readonly mode: 'jwt-secret'
  /** At least 32 bytes each (UTF-8); several while a secret is being rotated. */
  readonly secret: string | readonly string[]
  /** @defaultValue ['HS256'] */
  readonly algorithms?: readonly ('HS256' | 'HS384' | 'HS512')[] | undefined
  readonly issuer?: string | readonly string[] | undefined
  readonly audience?: string | readonly string[] | undefined
}

/** Tokens come from an identity provider that publishes its keys. */
export interface JwksAuth {
  readonly mode: 'jwt-jwks'
  /** `https:` URL of the key set. */
  readonly jwksUrl: string
  /** Required: a key set alone does not say whom the provider issued a token for. */
  readonly issuer: string | readonly string[]
  readonly audience: string | readonly string[]
  /** @defaultValue ['RS256', 'ES256'] */
  readonly algorithms?: readonly Exclude<TokenAlgorithm, `HS${string}`>[] | undefined
}

/** How clients of a project prove who they are. */
export type ProjectAuth = NoAuth | SecretAuth | JwksAuth

/** A project: the unit that owns hosts and decides who may open a session. */
export interface Project {
  /** Letters, digits, `_` and `-`, 1–64 characters: it becomes part of a NATS subject. */
  readonly workspaceId: string
  /** As `workspaceId`. Unique within its workspace. */
  readonly projectId: string
  /** Hosts under which clients reach the project. Each belongs to one project only. */
  readonly hosts: readonly string[]
  readonly auth: ProjectAuth
}
