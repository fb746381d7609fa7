import { REDACTED, redactHeaders, redactUrl } from '@portcullis/auth-core'

/** Serializers for pino that let neither token nor secret through. A type, since pino indexes its serializers. */
export type AuthLogSerializers = {
  req(request: unknown): {
    method?: string
    url?: string
    host?: string
    remoteAddress?: string
    remotePort?: number
    [member: string]: unknown
  }
  res(reply: unknown): { statusCode?: number; [member: string]: unknown }
  err(error: unknown): SerializedError
  headers(headers: unknown): unknown
}

interface SerializedError {
  type: string
  message: string
  stack: string
  [member: string]: unknown
}

/** `header.payload.signature` of a JWT, and credentials after their scheme. */
const CREDENTIALS = /\beyJ[\w-]*\.[\w-]*\.[\w-]*|\b(bearer|basic)\s+[\w.~+/=-]+/gi
const MAX_CAUSES = 5

/** Redact requests, replies, errors with their causes, and headers. Messages need {@link authLogOptions}. */
export const authLogSerializers: AuthLogSerializers = Object.freeze({
  req: (request: unknown) => {
    const { method, url, host, ip, socket } = (request ?? {}) as Record<string, unknown>
    const remotePort = (socket as { remotePort?: unknown } | undefined)?.remotePort
    return {
      ...(typeof method === 'string' && { method }),
      ...(typeof url === 'string' && { url: redactUrl(url) }),
      ...(typeof host === 'string' && { host }),
      ...(typeof ip === 'string' && { remoteAddress: ip }),
      ...(typeof remotePort === 'number' && { remotePort }),
    }
  },
  res: (reply: unknown) => {
    const statusCode = (reply as { statusCode?: unknown } | undefined)?.statusCode
    return typeof statusCode === 'number' ? { statusCode } : {}
  },
  err: (error: unknown) => serializeError(error, 0),
  headers: (headers: unknown) =>
    typeof headers === 'object' && headers !== null
      ? redactHeaders(headers as Parameters<typeof redactHeaders>[0])
      : undefined,
})

/**
 * Options for Fastify's `logger` (and pino): `{ logger: { ...authLogOptions } }`. The serializers, and a hook that redacts
 * messages: Fastify writes the URL of unknown routes into one, and pino that of an error that is logged without.
 */
export const authLogOptions: {
  readonly serializers: AuthLogSerializers
  readonly hooks: { readonly logMethod: (args: unknown[], method: (...args: never[]) => void) => void }
} = Object.freeze({
  serializers: authLogSerializers,
  hooks: Object.freeze({
    logMethod(this: unknown, args: unknown[], method: (...args: never[]) => void): void {
      const redacted = withMessage(args).map((one) => (typeof one === 'string' ? redactText(one) : one))
      method.apply(this, redacted as never[])
    },
  }),
})

/** An error that is logged without a message lends it its own, past every serializer: so it is said here. */
function withMessage(args: readonly unknown[]): readonly unknown[] {
  const [subject, message, ...rest] = args
  if (message !== undefined || typeof subject !== 'object' || subject === null) return args
  const error = subject instanceof Error ? subject : (subject as { err?: unknown }).err
  const own = (error as { message?: unknown } | null | undefined)?.message
  return typeof own === 'string' ? [subject, own, ...rest] : args
}

function serializeError(error: unknown, depth: number): SerializedError {
  if (typeof error !== 'object' || error === null) {
    return { type: typeof error, message: redactText(String(error)), stack: '' }
  }
  const { name, code, statusCode, message, stack, cause } = error as Record<string, unknown>
  return {
    type: typeof name === 'string' ? name : 'Error',
    code,
    statusCode,
    message: typeof message === 'string' ? redactText(message) : '',
    stack: typeof stack === 'string' ? redactText(stack) : '',
    ...(cause !== undefined && depth < MAX_CAUSES && { cause: serializeError(cause, depth + 1) }),
  }
}

function redactText(text: string): string {
  return redactUrl(text).replace(CREDENTIALS, (_, scheme?: string) =>
    scheme === undefined ? REDACTED : `${scheme} ${REDACTED}`,
  )
}
