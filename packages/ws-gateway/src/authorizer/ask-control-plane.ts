import { type Dispatcher, errors, request } from 'undici'
import { GatewayError, type GatewayErrorCode } from '../errors.ts'
import { deadline } from '../internal/deadline.ts'
import type { Grant } from './authorizer.ts'
import type { Outcome } from './circuits.ts'
import { parseGrant } from './parse-grant.ts'

/** May this client open a session under this host? */
export interface Question {
  /** As the client sent it. */
  readonly host: string
  readonly token: string | null
}

/** A denial, in a form that can be thrown more than once. */
export interface Refusal {
  readonly code: GatewayErrorCode
  readonly message: string
  readonly peerCode: string | undefined
}

/** What became of a question; `bytes` is the size of the answer. */
export type Answer = { readonly outcome: Outcome } & (
  | { readonly kind: 'grant'; readonly grant: Grant; readonly bytes: number }
  | { readonly kind: 'refusal'; readonly refusal: Refusal; readonly bytes: number }
  | { readonly kind: 'fault'; readonly error: GatewayError }
)

export interface ControlPlaneLine {
  readonly url: URL
  readonly headers: Readonly<Record<string, string>>
  readonly dispatcher: Dispatcher
  readonly timeoutMs: number
  /** Which projects are asked for; undefined: all. */
  readonly mode: 'machine' | undefined
}

/** Codes become names of counters, so anything that is none is dropped. */
const CODE = /^[A-Za-z0-9_]{1,64}$/
const REFUSALS: Partial<Record<number, GatewayErrorCode>> = {
  400: 'request_invalid',
  401: 'unauthorized',
  403: 'forbidden',
  404: 'host_unknown',
}

/** What is wrong with everything, and not with what was asked about. */
const OUTAGES = new Set(['ERR_INTERNAL_TOKEN_INVALID', 'ERR_REGISTRY_UNAVAILABLE'])
/** What is wrong with one project or one token only, so that the next question may well be answered. */
const OWN_FAULTS = new Set(['ERR_AUTH_KEYS_UNAVAILABLE', 'ERR_PROJECT_MISCONFIGURED'])

/** Asks once. Rejects with nothing but faults of this package. */
export async function askControlPlane(
  line: ControlPlaneLine,
  { host, token }: Question,
  signal: AbortSignal,
): Promise<Answer> {
  const { url, headers, dispatcher, timeoutMs, mode } = line
  const late = new Error(`no answer in ${timeoutMs} ms`)
  const limit = deadline(signal, timeoutMs, () => late)
  let statusCode: number | undefined
  let text: string
  try {
    const response = await request(url, {
      method: 'POST',
      dispatcher,
      headers,
      body: JSON.stringify(token === null ? { host, mode } : { host, token, mode }),
      signal: limit.signal,
    })
    statusCode = response.statusCode
    text = await response.body.text()
  } catch (cause) {
    const outcome = signal.aborted ? 'unknown' : isLate(cause, limit.signal, late) ? 'late' : 'failed'
    return fault(outcome, 'the control plane did not answer', cause)
  } finally {
    limit.clear()
  }
  let answer: unknown
  try {
    answer = JSON.parse(text)
  } catch {
    // Its text is nobody's business: a proxy's page may say anything, and a parser quotes it.
    return fault('failed', 'the control plane did not answer', new Error(`status ${statusCode}, no JSON`))
  }
  if (statusCode !== 200) return refusalOrFault(statusCode, answer, token !== null, text.length)
  const grant = parseGrant(answer)
  // The control plane is well; it is this one answer that cannot be used.
  if (!grant) return fault('answered', 'the control plane gave an answer that is no grant')
  return { outcome: 'answered', kind: 'grant', grant, bytes: text.length }
}

function refusalOrFault(statusCode: number, answer: unknown, hasToken: boolean, bytes: number): Answer {
  const { code: given, message } = (answer ?? {}) as { code?: unknown; message?: unknown }
  const peerCode = typeof given === 'string' && CODE.test(given) ? given : undefined
  const isOutage = peerCode !== undefined && OUTAGES.has(peerCode)
  // A 401 about our own token is a fault of this system, not of the client.
  const code = isOutage ? undefined : REFUSALS[statusCode]
  if (code === undefined) {
    const isOwnFault = peerCode !== undefined && OWN_FAULTS.has(peerCode)
    return fault(
      isOutage ? 'failed' : isOwnFault ? 'answered' : 'failed-here',
      'the control plane failed',
      new Error(`status ${statusCode}${peerCode === undefined ? '' : `, ${peerCode}`}`),
    )
  }
  const told = typeof message === 'string' ? message : defaultMessage(code, hasToken)
  return { outcome: 'answered', kind: 'refusal', refusal: { code, message: told, peerCode }, bytes }
}

function fault(outcome: Outcome, message: string, cause?: unknown): Answer {
  const options = cause === undefined ? {} : { cause }
  return { outcome, kind: 'fault', error: new GatewayError('control_plane_unavailable', message, options) }
}

/** Whether there was somebody who has not said all in time, or too much. */
function isLate(error: unknown, signal: AbortSignal, late: Error): boolean {
  return (
    signal.reason === late ||
    error instanceof errors.HeadersTimeoutError ||
    error instanceof errors.BodyTimeoutError ||
    error instanceof errors.ResponseExceededMaxSizeError
  )
}

function defaultMessage(code: GatewayErrorCode, hasToken: boolean): string {
  if (code === 'unauthorized') return hasToken ? 'the token is not valid' : 'a token is required'
  return code === 'host_unknown' ? 'no project answers to this host' : 'the control plane refused'
}
