import { redactUrl } from '@portcullis/auth-core'
import type { LogLevel } from '../environment/variables.ts'
import { describeError, type LoggedError } from './describe-error.ts'

/** What is read of a request: Fastify's and Node's both fit. */
export interface RequestToLog {
  readonly method?: string | undefined
  readonly url?: string | undefined
  readonly ip?: string | undefined
  readonly host?: string | undefined
  readonly headers?: { readonly host?: string | undefined } | undefined
  readonly socket?: { readonly remoteAddress?: string | undefined } | undefined
}

/** What is logged of a request. Neither headers nor body are among it. A type, because Fastify wants it indexable. */
export type LoggedRequest = {
  readonly method: string
  /** Without credentials; see `redactUrl`. */
  readonly url: string
  readonly host: string
  readonly remoteAddress: string
}

/** Options for pino or Fastify's `logger`. */
export interface LoggerOptions {
  level: LogLevel
  serializers: {
    req: (request: RequestToLog) => LoggedRequest
    err: (error: unknown) => LoggedError
  }
  hooks: {
    logMethod: (this: unknown, args: Parameters<LogFunction>, method: LogFunction) => void
  }
}

type LogFunction = (this: unknown, ...args: [unknown, ...unknown[]]) => void

/**
 * Logger options that keep credentials out of the log: requests are logged as method, redacted URL, host and address;
 * message texts, and the messages and stacks of errors, pass through `redactUrl`, because frameworks quote URLs there.
 *
 * @param level - least severe level that is written
 */
export function loggerOptions(level: LogLevel): LoggerOptions {
  return {
    level,
    serializers: { req: describeRequest, err: describeError },
    hooks: {
      logMethod(args, method) {
        const redacted = args.map((arg) => (typeof arg === 'string' ? redactUrl(arg) : arg))
        method.apply(this, redacted as typeof args)
      },
    },
  }
}

function describeRequest(request: RequestToLog): LoggedRequest {
  return {
    method: request.method ?? '',
    url: redactUrl(request.url ?? ''),
    host: request.host ?? request.headers?.host ?? '',
    remoteAddress: request.ip ?? request.socket?.remoteAddress ?? '',
  }
}
