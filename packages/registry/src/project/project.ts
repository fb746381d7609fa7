import type { KeySet, TokenAlgorithm } from '@portcullis/auth-core'

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

/**
 * {@link SecretAuth} of a store that keeps its secrets to itself: it hands out what verifies with them. The secrets are not
 * to be had from it.
 */
export interface KeyedSecretAuth extends Omit<SecretAuth, 'secret'> {
  readonly keys: KeySet
}

/** Tokens come from an identity provider that publishes its keys: exactly one of `jwksUrl` and `discovery`. */
export interface JwksAuth {
  readonly mode: 'jwt-jwks'
  /** `https:` URL of the key set. */
  readonly jwksUrl?: string | undefined
  /**
   * Finds the key set through the metadata of the issuer: OpenID Connect Discovery, then RFC 8414. Takes access tokens only,
   * where `jwksUrl` takes whatever the keys signed.
   */
  readonly discovery?: true | undefined
  /** Required: a key set alone does not say whom the provider issued a token for. */
  readonly issuer: string | readonly string[]
  readonly audience: string | readonly string[]
  /** @defaultValue ['RS256', 'ES256'] */
  readonly algorithms?: readonly Exclude<TokenAlgorithm, `HS${string}`>[] | undefined
}

/** Tokens are access tokens of machine clients, which the system that the registry is part of issued itself. */
export interface MachineAuth {
  readonly mode: 'machine'
  /** Namespaces whose clients may enter, 1–100. Each belongs to one project. */
  readonly namespaces: readonly string[]
}

/** How clients of a project prove who they are. */
export type ProjectAuth = NoAuth | SecretAuth | JwksAuth | MachineAuth

/** What clients of a project may use together or each; what is absent is limited by the gateway alone. */
export interface ProjectLimits {
  /** Open connections of the whole project, integer ≥ 1. */
  readonly maxConnections?: number | undefined
  /** Frames of one connection per second, integer ≥ 1. */
  readonly messagesPerSecond?: number | undefined
  /** Largest frame of a client, bytes, integer ≥ 1. */
  readonly maxPayloadBytes?: number | undefined
}

/** A project: the unit that owns hosts and decides who may open a session. */
export interface Project {
  /** Letters, digits, `_` and `-`, 1–64 characters: it becomes part of a NATS subject. */
  readonly workspaceId: string
  /** As `workspaceId`. Unique within its workspace. */
  readonly projectId: string
  /**
   * Hosts under which clients reach the project. Each belongs to one project only. `*.example.com` stands for every name with
   * exactly one more label than `example.com` that is nobody's own.
   */
  readonly hosts: readonly string[]
  readonly auth: ProjectAuth
  readonly limits?: ProjectLimits | undefined
}
