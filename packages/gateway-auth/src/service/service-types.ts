import type { KeyRing } from '@portcullis/auth-core'
import type { AuthStore, ClientPage } from '../store/auth-store.ts'
import type { Tier } from '../client/client-record.ts'
import type { Client } from '../client/client-view.ts'
import type { RevocableClaims } from '../revocation/revocation-list.ts'
import type { Revocation } from '../revocation/revocation.ts'
import type { AccessClaims } from '../token/access-claims.ts'
import type { AuthContext } from '../token/auth-context.ts'

/** How a client shows who it is. */
export type ClientCredentials =
  | { readonly clientId: string; readonly clientSecret: string }
  /** `private_key_jwt`; `clientId` must be its `sub` when given. @see RFC 7523 §2.2 */
  | { readonly clientAssertion: string; readonly clientId?: string | undefined }

/** What a client says about itself. Whatever else is in the object is ignored. */
export interface RegisterInput {
  /** 1 to 64 characters. */
  readonly name: string
  readonly capabilities: readonly string[]
  /** PEM: RSA of 2048 bits and more, P-256 or Ed25519. */
  readonly publicKey?: string | null | undefined
}

/** A new client. The secret is nowhere else. */
export interface RegisteredClient {
  readonly clientId: string
  readonly clientSecret: string
  readonly hostId: string
  readonly namespaceId: string
}

/** An access token and the refresh token for the next one. */
export interface IssuedTokens {
  readonly accessToken: string
  readonly refreshToken: string
  /** Life of the access token, seconds. */
  readonly expiresIn: number
  readonly tokenType: 'Bearer'
  /** What the access token permits. */
  readonly scope: readonly string[]
}

/** The answer about a token. @see RFC 7662 §2.2 */
export type Introspection = { readonly active: false } | ({ readonly active: true } & Record<string, unknown>)

/** What of a client administration may change. */
export interface ClientChanges {
  readonly tier?: Tier | undefined
  readonly capabilities?: readonly string[] | undefined
  /**
   * True refuses the client, its refresh tokens too, and voids its access tokens. False takes it back, and refresh tokens
   * that have not ended: to void those, revoke their families or delete the client.
   */
  readonly disabled?: boolean | undefined
}

/** One page of clients. */
export interface ClientList extends Omit<ClientPage, 'clients'> {
  readonly clients: readonly Client[]
}

/** Machine clients and their tokens. All methods but the two of its life need it started. */
export interface AuthService extends AsyncDisposable {
  /** `iss` of its tokens, exactly as configured. */
  readonly issuer: string
  readonly keys: KeyRing
  /** The store it was made with. */
  readonly store: AuthStore
  /** Whether clients register without an initial access token. */
  readonly isRegistrationOpen: boolean
  /** The capabilities on offer; null for any. */
  readonly allowedCapabilities: readonly string[] | null
  /** False while revocations of other processes may arrive late. */
  readonly hasCurrentRevocations: boolean

  /** Opens the store and reads its revocations. Idempotent; undone if it rejects. */
  start(): Promise<void>
  /** Ends the watch and its own hasher. The store stays open: it is yours. Idempotent. */
  close(): Promise<void>

  /**
   * Makes a client with a namespace of its own, or that of its initial access token.
   *
   * @throws GatewayAuthError `ERR_REGISTRATION_TOKEN_INVALID`, `ERR_REQUEST_INVALID`, `ERR_CAPABILITY_NOT_ALLOWED`,
   *   `ERR_PUBLIC_KEY_INVALID`, `ERR_NAMESPACE_FULL`, `ERR_AUTH_STORE_FULL`, `ERR_AUTH_STORE_UNAVAILABLE`
   * @throws AuthError `ERR_AUTH_HASHING_BUSY`, `ERR_AUTH_HASHING_UNAVAILABLE`
   */
  register(
    input: RegisterInput,
    options?: { initialAccessToken?: string | null | undefined },
  ): Promise<RegisteredClient>

  /**
   * The client that these credentials belong to. Unknown, disabled and wrong look alike.
   *
   * @throws GatewayAuthError `ERR_CLIENT_INVALID`, `ERR_TOO_MANY_FAILURES`, `ERR_REQUEST_INVALID` (a secret longer than 72
   *   bytes), `ERR_AUTH_STORE_UNAVAILABLE`
   * @throws AuthError `ERR_AUTH_HASHING_BUSY`, `ERR_AUTH_HASHING_UNAVAILABLE`
   */
  authenticateClient(credentials: ClientCredentials): Promise<Client>

  /**
   * Begins a family of tokens. It takes no room in the store before its first refresh, or its revocation.
   *
   * @param options.scope - a part of the client's capabilities, kept by the family; all of them when absent
   * @throws as `authenticateClient`, and GatewayAuthError `ERR_SCOPE_INVALID`
   */
  issueTokens(
    credentials: ClientCredentials,
    options?: { scope?: readonly string[] | undefined },
  ): Promise<IssuedTokens>

  /**
   * Uses up a refresh token and issues the next pair. Reads the client anew. A token used before ends its family.
   *
   * @param options.client - must be the client of the token
   * @param options.scope - a part of the family's scope, for this access token alone
   * @throws GatewayAuthError `ERR_REFRESH_TOKEN_INVALID`, `ERR_SCOPE_INVALID`, `ERR_AUTH_STORE_UNAVAILABLE`; as
   *   `authenticateClient` when `client` is given
   */
  refreshTokens(
    refreshToken: string,
    options?: { client?: ClientCredentials | undefined; scope?: readonly string[] | undefined },
  ): Promise<IssuedTokens>

  /**
   * Revokes a token of an authenticated client: a refresh token with its family, an access token alone. Whatever is no
   * token of ours is revoked already.
   *
   * @throws GatewayAuthError `ERR_TOKEN_NOT_OWNED`, `ERR_TOKEN_TYPE_UNSUPPORTED`, `ERR_AUTH_STORE_UNAVAILABLE`
   * @see RFC 7009
   */
  revokeToken(token: string, owner: { clientId: string }): Promise<void>

  /**
   * What a token says and whether it is good right now; asks the store.
   *
   * @param options.namespaceId - tokens of other namespaces count as inactive
   * @throws GatewayAuthError `ERR_AUTH_STORE_UNAVAILABLE`
   * @see RFC 7662
   */
  introspect(token: string, options?: { namespaceId?: string | undefined }): Promise<Introspection>

  /**
   * Verifies an access token. Asks no store: revocations are known from the watch.
   *
   * @throws AuthError `ERR_AUTH_TOKEN_INVALID`, `ERR_AUTH_TOKEN_EXPIRED`, `ERR_AUTH_KEYS_UNAVAILABLE`
   */
  verify(token: unknown): Promise<AuthContext>
  /** {@link verify} with the claims of the token; frozen. */
  verifyClaims(token: unknown): Promise<AccessClaims>
  /** Whether tokens with these claims are revoked, as far as this process knows. */
  isRevoked(claims: RevocableClaims): boolean
  /**
   * Calls back with each revocation once it is known here, of whatever process. Close the sockets of whoever it concerns.
   *
   * @returns ends it
   */
  onRevocation(listener: (revocation: Revocation) => void): () => void

  /** @throws GatewayAuthError `ERR_AUTH_STORE_UNAVAILABLE`, as all methods below */
  findClient(clientId: string): Promise<Client | null>
  /** @param query.limit - 1 to 1000, default 100 */
  listClients(query?: {
    namespaceId?: string | undefined
    after?: string | null | undefined
    limit?: number | undefined
  }): Promise<ClientList>
  /**
   * Changes a client. Tier and capabilities take effect with its next tokens, `disabled: true` at once and everywhere,
   * `disabled: false` from the next second on, since tokens issued in that of the disabling are void.
   *
   * @throws GatewayAuthError `ERR_CLIENT_UNKNOWN`
   * @throws TypeError naming what is wrong in `changes`
   */
  updateClient(clientId: string, changes: ClientChanges): Promise<Client>
  /** Voids a client's tokens and forgets it. False when there was none. */
  deleteClient(clientId: string): Promise<boolean>
  /**
   * Gives a client a new secret; the old one is wrong from now on. Tokens live on.
   *
   * @throws GatewayAuthError `ERR_CLIENT_UNKNOWN`
   */
  rotateSecret(clientId: string): Promise<{ clientSecret: string }>
  /**
   * Ends a family and its access tokens, also before its first refresh, when the store does not know it: a UUID that is no
   * family's is revoked like one. False for whatever is no UUID and not in the store.
   */
  revokeFamily(familyId: string): Promise<boolean>
}
