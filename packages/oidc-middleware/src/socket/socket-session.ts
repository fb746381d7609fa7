import { AuthError, type TokenClaims, integerOption } from '@portcullis/auth-core'
import type { OidcUserContext } from '../context/user-context.ts'
import { OidcError } from '../errors.ts'
import type { OidcVerifier, VerifiedToken } from '../verifier/verifier.ts'
import { ReauthLimiter } from './reauth-limiter.ts'
import { SessionClock } from './session-clock.ts'

/** Looks users up. A `UserResolver` of this package fits. */
export interface SocketUsers {
  /**
   * Past any cache.
   *
   * @throws OidcError `ERR_USER_DISABLED`, `ERR_USER_PROVISION_FAILED`
   */
  recheck(context: OidcUserContext, claims: TokenClaims): Promise<OidcUserContext>
}

/** What a peer is told about its token. */
export interface SocketSessionMessages {
  /** The token expires at `deadline`, milliseconds since the epoch. Once per deadline. */
  reauth_required: { readonly deadline: number; readonly remainingMs: number }
  /** The session goes on until `deadline`. */
  reauthenticated: { readonly deadline: number }
  /** A reauth came to nothing; the session stays until its deadline. */
  reauth_failed: {
    /** The token is refused; nobody could decide; too many. */
    readonly code: 'reauth_failed' | 'reauth_unavailable' | 'reauth_limited'
    readonly message: string
    /** Whether the same token can be sent again. */
    readonly retryable: boolean
  }
}

/** Why a socket is closed, with its close code. */
export const SOCKET_ENDS = {
  token_expired: 4401,
  reauth_mismatch: 4403,
  user_disabled: 4403,
} as const

/** One of the keys of {@link SOCKET_ENDS}. */
export type SocketEnd = keyof typeof SOCKET_ENDS

/** Options of {@link createSocketSession}. */
export interface SocketSessionOptions {
  verifier: OidcVerifier
  /** Asked every `recheckMs` and at a reauth. @defaultValue nobody is asked */
  users?: SocketUsers | undefined
  /** The token that the socket was opened with. */
  token: VerifiedToken
  /** Whom the socket was opened for: the context of the token, after the users were asked. */
  context: OidcUserContext
  /** How long before the end of the token the peer is asked for another, milliseconds, 0 = never. @defaultValue 60000 */
  reauthNoticeMs?: number | undefined
  /** Time between two looks at the user, milliseconds, 0 = never. @defaultValue 60000 */
  recheckMs?: number | undefined
  /** Tells the peer. What it throws is ignored: the end of a connection is told elsewhere. */
  send: <Event extends keyof SocketSessionMessages>(
    event: Event,
    payload: SocketSessionMessages[Event],
  ) => void
  /** Closes the connection. Called at most once, and nothing is called after it. */
  end: (code: SocketEnd, closeCode: number) => void
}

/** The life of one socket that was opened with a token. */
export interface SocketSession {
  /** Whom the socket belongs to now: another object after a reauth or a look at the user that changed something. */
  readonly context: OidcUserContext
  /** The claims of the token it lives by now. */
  readonly claims: TokenClaims
  /** When it ends, milliseconds since the epoch. */
  readonly deadline: number
  /**
   * Whether messages may pass. Looks at the clock, because timers may be late, and ends the session when it is over: ask
   * before each message.
   */
  readonly isLive: boolean
  /**
   * Goes on with another token of the same issuer, subject and organisation (`org_id`). One at a time, and at most ten in a
   * minute. Everything is said through `send` and `end`: never rejects, whatever `token` is.
   */
  reauth(token: unknown): Promise<void>
  /**
   * Looks at the user now, past any cache, and ends the session of one who was disabled: for whoever learns of that before the
   * next look. Never rejects; an outage changes nothing.
   */
  recheck(): Promise<void>
  /** Forgets everything; the connection is somebody else's matter. Idempotent. */
  close(): void
}

/**
 * Ends a socket with its token, unless it gets a newer one, or when its user is disabled. Its timers do not keep a process
 * alive. The first call of `send` or `end` comes after this has returned.
 *
 * @throws TypeError naming the option that is wrong
 */
export function createSocketSession(options: SocketSessionOptions): SocketSession {
  return new TokenSession(options)
}

const DEFAULT_MS = 60_000
const MAX_TIMER_MS = 2 ** 31 - 1

class TokenSession implements SocketSession {
  readonly #verifier: OidcVerifier
  readonly #users: SocketUsers | undefined
  readonly #send: SocketSessionOptions['send']
  readonly #end: SocketSessionOptions['end']
  readonly #noticeMs: number
  readonly #recheckMs: number
  readonly #clock: SessionClock
  readonly #limiter = new ReauthLimiter()
  #verified: VerifiedToken
  #context: OidcUserContext
  #isClosed = false
  #recheckTimer: NodeJS.Timeout | undefined

  constructor(options: SocketSessionOptions) {
    const { reauthNoticeMs, recheckMs } = checkSocketTimes(options)
    this.#verifier = options.verifier
    this.#users = options.users
    this.#verified = options.token
    this.#context = options.context
    this.#send = options.send
    this.#end = options.end
    this.#noticeMs = reauthNoticeMs
    this.#recheckMs = recheckMs
    this.#clock = new SessionClock(options.token.expiresAtMs, reauthNoticeMs, {
      notice: (deadline, remainingMs) =>
        this.#tell('reauth_required', { deadline, remainingMs: Math.floor(remainingMs) }),
      expired: () => this.#close('token_expired'),
    })
    // Not at once: who is called back wants to know the session.
    queueMicrotask(() => {
      this.#clock.start()
      this.#planRecheck()
    })
  }

  get context(): OidcUserContext {
    return this.#context
  }

  get claims(): TokenClaims {
    return this.#verified.claims
  }

  get deadline(): number {
    return this.#clock.deadline
  }

  get isLive(): boolean {
    if (this.#isClosed) return false
    if (!this.#clock.isOver) return true
    this.#close('token_expired')
    return false
  }

  async reauth(token: unknown): Promise<void> {
    if (!this.isLive) return
    const leave = this.#limiter.enter()
    if (typeof leave === 'string') {
      this.#fail('reauth_limited', leave)
      return
    }
    try {
      await this.#goOnWith(token)
    } catch (error) {
      this.#refuse(error)
    } finally {
      leave()
    }
  }

  async recheck(): Promise<void> {
    if (this.#users === undefined || !this.isLive) return
    const verified = this.#verified
    try {
      const context = await this.#look(verified)
      // A reauth meanwhile has looked as well, and at a newer token.
      if (!this.#isClosed && this.#verified === verified) this.#context = context
    } catch (error) {
      // An outage closes nobody: the next look will tell.
      if (isDisabled(error)) this.#close('user_disabled')
    }
  }

  close(): void {
    this.#isClosed = true
    this.#clock.stop()
    clearTimeout(this.#recheckTimer)
  }

  /** @throws what the verifier and the users throw */
  async #goOnWith(offered: unknown): Promise<void> {
    const token = await this.#verifier.verify(offered)
    // Too late, or gone: then it changes nothing.
    if (!this.isLive) return
    if (!isSamePrincipal(this.#verified, token)) {
      this.#close('reauth_mismatch')
      return
    }
    const context = await this.#look(token)
    if (!this.isLive) return
    // Within the clock tolerance of the verifier, or since then: a session does not outlive its token.
    if (token.expiresAtMs <= Date.now()) {
      throw new AuthError('ERR_AUTH_TOKEN_EXPIRED', 'the token has expired')
    }
    this.#verified = token
    this.#context = context
    this.#clock.renew(token.expiresAtMs, this.#noticeMs)
    this.#tell('reauthenticated', { deadline: token.expiresAtMs })
  }

  /** Asks about the token's own context: what the directory said before may have been taken back. */
  async #look(token: VerifiedToken): Promise<OidcUserContext> {
    return this.#users === undefined ? token.context : this.#users.recheck({ ...token.context }, token.claims)
  }

  #refuse(error: unknown): void {
    if (!this.isLive) return
    if (isDisabled(error)) {
      this.#close('user_disabled')
      return
    }
    if (AuthError.is(error) && error.statusCode < 500) this.#fail('reauth_failed', error.message)
    // An outage says nothing about the token, so it is not told as a refusal.
    else this.#fail('reauth_unavailable', 'the token could not be checked')
  }

  #fail(code: SocketSessionMessages['reauth_failed']['code'], message: string): void {
    this.#tell('reauth_failed', { code, message, retryable: code !== 'reauth_failed' })
  }

  #planRecheck(): void {
    if (this.#users === undefined || this.#recheckMs === 0 || this.#isClosed) return
    this.#recheckTimer = setTimeout(() => void this.#recheckAgain(), this.#recheckMs).unref()
  }

  /** One at a time: the next is planned when this one is through. */
  async #recheckAgain(): Promise<void> {
    await this.recheck()
    this.#planRecheck()
  }

  #tell<Event extends keyof SocketSessionMessages>(
    event: Event,
    payload: SocketSessionMessages[Event],
  ): void {
    if (!this.isLive) return
    try {
      this.#send(event, payload)
    } catch {
      // Called from timers too, where nobody could catch it.
    }
  }

  #close(code: SocketEnd): void {
    if (this.#isClosed) return
    this.close()
    try {
      this.#end(code, SOCKET_ENDS[code])
    } catch {
      // As above.
    }
  }
}

/** @throws TypeError naming the option that is wrong */
export function checkSocketTimes(options: {
  reauthNoticeMs?: number | undefined
  recheckMs?: number | undefined
}): { reauthNoticeMs: number; recheckMs: number } {
  return {
    reauthNoticeMs: integerOption('reauthNoticeMs', options.reauthNoticeMs, DEFAULT_MS, 0, MAX_TIMER_MS),
    recheckMs: integerOption('recheckMs', options.recheckMs, DEFAULT_MS, 0, MAX_TIMER_MS),
  }
}

function isSamePrincipal(one: VerifiedToken, other: VerifiedToken): boolean {
  return (
    one.claims.sub === other.claims.sub &&
    one.claims['iss'] === other.claims['iss'] &&
    one.context.org_id === other.context.org_id
  )
}

function isDisabled(error: unknown): boolean {
  return OidcError.is(error) && error.code === 'ERR_USER_DISABLED'
}
