import { reportReachable } from './reachability.ts'
import { ApiError, toApiError } from './problem.ts'
import { hearServerTime } from './server-clock.ts'

/** An answer with the version of what it shows. */
export interface Answer<Data> {
  readonly data: Data
  /** What to send back with a change; null where nothing has a version. */
  readonly etag: string | null
}

/** A part of a list. */
export interface Page<Item> {
  readonly items: readonly Item[]
  /** What to ask for next; null at the end. */
  readonly next: string | null
}

/** What a request may carry. */
export interface RequestOptions {
  readonly query?: Readonly<Record<string, string | number | null | undefined>>
  readonly body?: unknown
  /** The version that was read: the change is refused when it is another one by now. */
  readonly etag?: string | null | undefined
  /** Makes repeating a create harmless. */
  readonly idempotencyKey?: string | undefined
  readonly signal?: AbortSignal | undefined
}

type Method = 'GET' | 'POST' | 'PATCH' | 'DELETE'

const TIMEOUT_MS = 15_000
let csrfToken: string | null = null

/** The token that goes along with every change from now on. */
export function setCsrfToken(token: string | null): void {
  csrfToken = token
}

/**
 * Asks the API.
 *
 * @throws ApiError for every answer that is an error, and with `status` 0 when there was none
 */
export async function send<Data>(
  method: Method,
  path: string,
  options: RequestOptions = {},
): Promise<Answer<Data>> {
  const response = await reach(method, path, options)
  const text = await response.text().catch(() => '')
  const body = parse(text)
  if (!response.ok) throw toApiError(response.status, body)
  return { data: body as Data, etag: response.headers.get('etag') }
}

/** Reads one thing, without its version. */
export async function read<Data>(path: string, options: RequestOptions = {}): Promise<Data> {
  return (await send<Data>('GET', path, options)).data
}

async function reach(method: Method, path: string, options: RequestOptions): Promise<Response> {
  const timeout = AbortSignal.timeout(TIMEOUT_MS)
  const signal = options.signal ? AbortSignal.any([options.signal, timeout]) : timeout
  try {
    const response = await fetch(path + queryOf(options.query), {
      method,
      headers: headersOf(method, options),
      body: options.body === undefined ? null : JSON.stringify(options.body),
      credentials: 'same-origin',
      redirect: 'error',
      signal,
    })
    // What a proxy answers while the control plane is away counts as away; its own refusals are problem details.
    const isOurs = response.headers.get('content-type')?.includes('json') === true
    hearServerTime(response.headers.get('date'))
    reportReachable(isOurs || ![502, 503, 504].includes(response.status))
    return response
  } catch (error) {
    // Left alone by the page itself: says nothing about the server.
    if (options.signal?.aborted) throw error
    reportReachable(false)
    throw new ApiError(0, {})
  }
}

function headersOf(method: Method, options: RequestOptions): Record<string, string> {
  return {
    accept: 'application/json, application/problem+json',
    ...(options.body !== undefined && { 'content-type': 'application/json' }),
    ...(options.etag && { 'if-match': options.etag }),
    ...(options.idempotencyKey && { 'idempotency-key': options.idempotencyKey }),
    ...(method !== 'GET' && csrfToken !== null && { 'x-csrf-token': csrfToken }),
  }
}

function queryOf(query: RequestOptions['query']): string {
  const search = new URLSearchParams()
  for (const [name, value] of Object.entries(query ?? {})) {
    if (value !== undefined && value !== null && value !== '') search.set(name, String(value))
  }
  return search.size === 0 ? '' : `?${String(search)}`
}

function parse(text: string): unknown {
  try {
    return text === '' ? undefined : JSON.parse(text)
  } catch {
    return undefined
  }
}
