import type { GatewayAuthErrorCode } from '../errors.ts'

/** Something worth an audit line. Holds ids and codes, never a token, a secret or text of a request. */
export type AuthEvent = {
  /** Milliseconds since the epoch. */
  readonly at: number
} & AuthEventBody

/** An {@link AuthEvent} without its time. */
export type AuthEventBody =
  | { readonly type: 'client_registered'; readonly clientId: string; readonly namespaceId: string }
  | { readonly type: 'registration_refused'; readonly code: GatewayAuthErrorCode }
  | { readonly type: 'client_updated'; readonly clientId: string }
  | { readonly type: 'client_disabled'; readonly clientId: string }
  | { readonly type: 'client_enabled'; readonly clientId: string }
  | { readonly type: 'client_deleted'; readonly clientId: string }
  | { readonly type: 'client_secret_rotated'; readonly clientId: string }
  | { readonly type: 'tokens_issued'; readonly clientId: string; readonly familyId: string }
  | { readonly type: 'tokens_refreshed'; readonly clientId: string; readonly familyId: string }
  /** An answer was repeated inside the grace window. */
  | { readonly type: 'refresh_repeated'; readonly clientId: string; readonly familyId: string }
  | { readonly type: 'refresh_reuse_detected'; readonly clientId: string; readonly familyId: string }
  | {
      readonly type: 'family_revoked'
      /** Null when administration ended a family that was not refreshed yet. */
      readonly clientId: string | null
      readonly familyId: string
      readonly reason: 'reuse' | 'client' | 'administration'
    }
  | { readonly type: 'token_revoked'; readonly clientId: string; readonly tokenId: string }
  | {
      readonly type: 'authentication_failed'
      /** Null when what was sent does not look like a client id: it might be a secret in the wrong place. */
      readonly clientId: string | null
      readonly method: 'secret' | 'assertion'
      readonly reason: 'credentials' | 'disabled' | 'too_many_failures'
    }
  /** Revocations of other processes arrive late, because the store is away; or again in time. */
  | { readonly type: 'revocations_behind' }
  | { readonly type: 'revocations_current' }
  /** A function given to `onRevocation` threw. */
  | { readonly type: 'listener_failed' }

/** Hands on an event with its time. Never throws. */
export type Emit = (event: AuthEventBody) => void

/** An {@link Emit} for a listener of the application, whose failures are its own. */
export function emitTo(onEvent: ((event: AuthEvent) => void) | undefined): Emit {
  return (event) => {
    try {
      onEvent?.(Object.freeze({ at: Date.now(), ...event }))
    } catch {
      // An audit log that is full must not decide who gets in.
    }
  }
}
