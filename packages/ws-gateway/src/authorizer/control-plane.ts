import { Agent, request } from 'undici'
import { GatewayError, type GatewayErrorCode } from '../errors.ts'
import { deadline } from '../internal/deadline.ts'
import { MAX_TIMER_MS, positive } from '../internal/positive.ts'
import type { Authorizer, Grant } from './authorizer.ts'
import { parseGrant } from './parse-grant.ts'

export interface ControlPlaneAuthorizerOptions {
  /** Base URL; `/api/registry/authorize` is added. */
  url: string | URL
  /** Sent as `Authorization: Bearer`. Never logged. */
  internalToken: string
  /** Longest wait for an answer, milliseconds. @defaultValue 2000 */
  timeoutMs?: number | undefined
  /** Most connections to the control plane, kept alive. @defaultValue 32 */
  maxConnections?: number | undefined
}

export interface ControlPlaneAuthorizer {
  authorize: Authorizer
  /** Closes the kept connections. Idempotent. */
  close(): Promise<void>
}

const MAX_ANSWER_BYTES = 64 * 1024
/** Codes become names of counters, so anything that is none is dropped. */
const CODE = /^[A-Za-z0-9_]{1,64}$/
const REFUSALS: Partial<Record<number, GatewayErrorCode>> = {
  400: 'request_invalid',
  401: 'unauthorized',
  403: 'forbidden',
  404: 'host_unknown',
}

/**
 * Asks a control plane: `POST /api/registry/authorize` with `{host, token?}`. Its 400, 401, 403 and 404 refuse the
 * upgrade with the same status and its `code`; anything else, and no answer in time, refuses it with 503.
 *
 * @throws TypeError naming the option
 */
export function controlPlaneAuthorizer(options: ControlPlaneAuthorizerOptions): ControlPlaneAuthorizer {
  const { internalToken } = options
  if (typeof internalToken !== 'string' || !/^[\x21-\x7e]+$/.test(internalToken)) {
    throw new TypeError('"internalToken" option must be a non-empty string of printable ASCII without spaces')
  }
  const url = endpoint(options.url)
  const timeoutMs = positive('timeoutMs', options.timeoutMs, 2000, MAX_TIMER_MS)
  const agent = new Agent({
    connections: positive('maxConnections', options.maxConnections, 32),
    headersTimeout: timeoutMs,
    bodyTimeout: timeoutMs,
    connectTimeout: timeoutMs,
    maxResponseSize: MAX_ANSWER_BYTES,
  })
  const headers = { authorization: `Bearer ${internalToken}`, 'content-type': 'application/json' }

  let closing: Promise<void> | undefined

  return {
    close: () => (closing ??= agent.close()),
    authorize: async ({ host, token, signal }) => {
      let statusCode: number
      let answer: unknown
      const limit = deadline(signal, timeoutMs, () => new Error(`no answer in ${timeoutMs} ms`))
      try {
        const response = await request(url, {
          method: 'POST',
          dispatcher: agent,
          headers,
          body: JSON.stringify(token === null ? { host } : { host, token }),
          signal: limit.signal,
        })
        statusCode = response.statusCode
        answer = await response.body.json()
      } catch (cause) {
        throw new GatewayError('control_plane_unavailable', 'the control plane did not answer', { cause })
      } finally {
        limit.clear()
      }
      return statusCode === 200 ? grantFrom(answer) : refuse(statusCode, answer, token !== null)
    },
  }
}

function grantFrom(answer: unknown): Grant {
  const grant = parseGrant(answer)
  if (grant) return grant
  throw new GatewayError('control_plane_unavailable', 'the control plane gave an answer that is no grant')
}

function refuse(statusCode: number, answer: unknown, hasToken: boolean): never {
  const { code: given, message } = (answer ?? {}) as { code?: unknown; message?: unknown }
  const code = typeof given === 'string' && CODE.test(given) ? given : undefined
  // A 401 about our own token is a fault of this system, not of the client.
  const refusal = code === 'ERR_INTERNAL_TOKEN_INVALID' ? undefined : REFUSALS[statusCode]
  if (!refusal) {
    throw new GatewayError('control_plane_unavailable', 'the control plane failed', {
      cause: new Error(`status ${statusCode}${code === undefined ? '' : `, ${code}`}`),
    })
  }
  throw new GatewayError(refusal, typeof message === 'string' ? message : defaultMessage(refusal, hasToken), {
    peerCode: code,
  })
}

function defaultMessage(code: GatewayErrorCode, hasToken: boolean): string {
  if (code === 'unauthorized') return hasToken ? 'the token is not valid' : 'a token is required'
  return code === 'host_unknown' ? 'no project answers to this host' : 'the control plane refused'
}

function endpoint(base: string | URL): URL {
  if (!URL.canParse(String(base)) || !/^https?:/i.test(String(base))) {
    throw new TypeError('"url" option must be an absolute http: or https: URL')
  }
  const url = new URL(base)
  url.pathname = `${url.pathname.replace(/\/$/, '')}/api/registry/authorize`
  return url
}
