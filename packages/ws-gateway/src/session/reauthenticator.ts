import type { IncomingHttpHeaders } from 'node:http'
import { extractBearer } from '@portcullis/auth-core'
import { askAuthorizer } from '../authorizer/ask-authorizer.ts'
import type { Grant, UpgradeRequest } from '../authorizer/authorizer.ts'
import { GatewayError } from '../errors.ts'
import type { GatewaySettings } from '../options.ts'
import { refusalOf } from '../upgrade/refuse.ts'

/** What a session keeps of its upgrade, to ask the authorizer again. */
export type SessionRequest = Omit<UpgradeRequest, 'token' | 'signal'>

const WINDOW_MS = 60_000
const CREDENTIALS = new Set(['authorization', 'cookie', 'proxy-authorization', 'sec-websocket-protocol'])

/** A copy of headers without those that carry credentials: a session must not hold on to the token it came with. */
export function withoutCredentials(headers: Readonly<IncomingHttpHeaders>): IncomingHttpHeaders {
  return Object.fromEntries(Object.entries(headers).filter(([name]) => !CREDENTIALS.has(name)))
}

/**
 * Whether two grants are for the same user of the same project, by word of the same issuer. `sub` as well, because a grant
 * need not name a user.
 */
export function isSamePrincipal(one: Grant, other: Grant): boolean {
  return (
    one.workspaceId === other.workspaceId &&
    one.projectId === other.projectId &&
    one.userId === other.userId &&
    one.claims['iss'] === other.claims['iss'] &&
    one.claims['sub'] === other.claims['sub']
  )
}

type Settings = Pick<GatewaySettings, 'authorize' | 'authorizeTimeoutMs' | 'maxReauthsPerMinute'>

/** Asks the authorizer about new tokens of one session: one at a time, and not too many. */
export class Reauthenticator {
  readonly #settings: Settings
  readonly #request: SessionRequest
  #running: AbortController | undefined
  /** Times of the attempts of the last minute, by a clock that only goes forward. */
  #attempts: number[] = []

  constructor(settings: Settings, request: SessionRequest) {
    this.#settings = settings
    this.#request = request
  }

  /**
   * @param token as it came from the client: anything
   * @throws GatewayError and nothing else: `reauth_limited`, `reauth_failed`, `reauth_unavailable`
   */
  async ask(token: unknown): Promise<Grant> {
    if (this.#running) throw new GatewayError('reauth_limited', 'another token is being looked at')
    this.#admit(performance.now())
    const checked = readToken(token)
    const running = new AbortController()
    this.#running = running
    try {
      return await askAuthorizer(this.#settings, { ...this.#request, token: checked }, running.signal)
    } catch (cause) {
      throw reauthError(cause)
    } finally {
      this.#running = undefined
    }
  }

  /** Nobody waits for the answer any more. */
  stop(): void {
    this.#running?.abort()
  }

  #admit(now: number): void {
    this.#attempts = this.#attempts.filter((at) => at > now - WINDOW_MS)
    if (this.#attempts.length >= this.#settings.maxReauthsPerMinute) {
      throw new GatewayError('reauth_limited', 'too many tokens in a minute')
    }
    this.#attempts.push(now)
  }
}

/** A token as an upgrade could have carried it. */
function readToken(token: unknown): string {
  if (typeof token !== 'string') throw new GatewayError('reauth_failed', 'a reauth has a string "token"')
  try {
    // Compared, because around a header's value spaces mean nothing.
    if (extractBearer({ authorization: `Bearer ${token}` }) === token) return token
  } catch {
    // Said below.
  }
  throw new GatewayError('reauth_failed', 'the token is malformed or too long')
}

/** An outage says nothing about the token, so it is not told as a refusal. */
function reauthError(cause: unknown): GatewayError {
  const { statusCode, message } = refusalOf(cause)
  const isRefused = statusCode < 500 && statusCode !== 429
  return new GatewayError(isRefused ? 'reauth_failed' : 'reauth_unavailable', message, { cause })
}
