import { REDACTED } from '@portcullis/auth-core'
import { CliError } from '../errors.ts'
import { parseJson } from '../input/parse-json.ts'
import type { Invocation } from '../invocation.ts'

/** Largest answer that is read, bytes. */
const MAX_ANSWER_BYTES = 8 * 1024 * 1024

/** Longest wait for a whole answer, milliseconds. */
export const DEFAULT_TIMEOUT_MS = 10_000

/** A question to a server. */
export interface Question {
  readonly url: URL
  /** @defaultValue 'GET' */
  readonly method?: string | undefined
  readonly headers?: Readonly<Record<string, string>> | undefined
  /** Sent as JSON. */
  readonly json?: unknown
  /** Sent as a form. */
  readonly form?: URLSearchParams | undefined
  readonly timeoutMs?: number | undefined
}

/** What a server answered, read to its end. */
export interface Answer {
  readonly status: number
  readonly headers: Headers
  /** What the body says as JSON; undefined when it is empty or none. */
  readonly body: unknown
}

const REASONS: Readonly<Record<string, string>> = {
  ECONNREFUSED: 'nobody listens there',
  ECONNRESET: 'the connection was closed',
  ENOTFOUND: 'the host name is unknown',
  EAI_AGAIN: 'the host name cannot be looked up',
  ETIMEDOUT: 'no connection came about in time',
  UND_ERR_CONNECT_TIMEOUT: 'no connection came about in time',
  UND_ERR_SOCKET: 'the connection was closed',
  CERT_HAS_EXPIRED: 'its certificate has expired',
  DEPTH_ZERO_SELF_SIGNED_CERT: 'its certificate is signed by itself',
  SELF_SIGNED_CERT_IN_CHAIN: 'its certificate is signed by somebody who is not trusted here',
  UNABLE_TO_VERIFY_LEAF_SIGNATURE: 'its certificate is signed by somebody who is not trusted here',
  ERR_TLS_CERT_ALTNAME_INVALID: 'its certificate is for another name',
}

/**
 * Asks a server, in bounded time and with a bounded answer. Redirects are refused: a credential goes where it was sent, and
 * nowhere else.
 *
 * @throws CliError `ERR_CLI_UNREACHABLE`, `ERR_CLI_ANSWER`; neither names a header or a body
 */
export async function ask({ fetch }: Pick<Invocation, 'fetch'>, question: Question): Promise<Answer> {
  const { url, method = 'GET', json, form, timeoutMs = DEFAULT_TIMEOUT_MS } = question
  const where = `${url.origin}${url.pathname}`
  const signal = AbortSignal.timeout(timeoutMs)
  try {
    const response = await fetch(url, {
      method,
      headers: {
        accept: 'application/json, application/problem+json',
        ...(json !== undefined && { 'content-type': 'application/json' }),
        ...question.headers,
      },
      ...(json !== undefined && { body: JSON.stringify(json) }),
      ...(form !== undefined && { body: form }),
      redirect: 'manual',
      signal,
    })
    if (response.status >= 300 && response.status < 400 && response.status !== 304) {
      await response.body?.cancel()
      throw new CliError(
        'ERR_CLI_ANSWER',
        `${where} leads elsewhere (status ${response.status}); give the URL it leads to`,
      )
    }
    const text = await readText(response, where)
    return {
      status: response.status,
      headers: response.headers,
      // What refuses may repeat what it refuses, and its words are printed.
      body: response.status < 400 ? parseJson(text) : parseJson(text, withoutCredentials(question)),
    }
  } catch (error) {
    if (CliError.is(error)) throw error
    if (signal.aborted) {
      throw new CliError('ERR_CLI_UNREACHABLE', `${where} did not answer within ${timeoutMs / 1000} s`)
    }
    throw new CliError('ERR_CLI_UNREACHABLE', `${where} cannot be reached: ${reasonOf(error)}`)
  }
}

async function readText(response: Response, where: string): Promise<string> {
  const chunks: Uint8Array[] = []
  let size = 0
  for await (const chunk of response.body ?? []) {
    size += chunk.byteLength
    // Leaving the loop cancels the rest of the body.
    if (size > MAX_ANSWER_BYTES) {
      throw new CliError('ERR_CLI_ANSWER', `${where} answered with more than ${MAX_ANSWER_BYTES} bytes`)
    }
    chunks.push(chunk)
  }
  return Buffer.concat(chunks).toString('utf8')
}

/** What takes the credentials of a question out of the texts of its answer, however those were encoded. */
function withoutCredentials({ headers = {}, form, json }: Question): (text: string) => string {
  const { token, secret, auth } = (json ?? {}) as {
    token?: unknown
    secret?: unknown
    auth?: { secret?: unknown }
  }
  const credentials = [
    headers.authorization?.replace(/^Bearer /, ''),
    headers['x-internal-secret'],
    form?.get('client_secret'),
    token,
    secret,
    auth?.secret,
  ].filter((one): one is string => typeof one === 'string' && one !== '')
  return (text) => credentials.reduce((rest, credential) => rest.replaceAll(credential, REDACTED), text)
}

/** `fetch` says "fetch failed" and keeps what happened in the cause; several addresses have several of them. */
function reasonOf(error: unknown): string {
  const { cause } = error as { cause?: unknown }
  const first = cause instanceof AggregateError ? (cause.errors as unknown[])[0] : cause
  const { code } = (first ?? {}) as { code?: unknown }
  if (typeof code === 'string') return REASONS[code] ?? code
  return cause instanceof Error ? cause.message : 'the request failed'
}
