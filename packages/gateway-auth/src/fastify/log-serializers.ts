import { REDACTED, redactHeaders, redactUrl } from '@portcullis/auth-core'

/** Serializers for pino that let neither token nor secret through. */
export interface AuthLogSerializers {
  req(request: unknown): unknown
  res(reply: unknown): unknown
  err(error: unknown): unknown
  headers(headers: unknown): unknown
}

/** `header.payload.signature` of a JWT, and credentials after their scheme. */
const CREDENTIALS = /\beyJ[\w-]*\.[\w-]*\.[\w-]*|\b(bearer|basic)\s+[\w.~+/=-]+/gi
const MAX_CAUSES = 5

/**
 * Options for Fastify's `logger` (and pino): `{ logger: { ...authLogOptions } }`. `serializers` redact requests, replies,
 * errors and headers; the hook redacts messages, because Fastify writes the URL of unknown routes into one.
 */
export const authLogSerializers: AuthLogSerializers = Object.freeze({
  req: (request: unknown) => {
    const { method, url, host, ip, socket } = (request ?? {}) as Record<string, unknown>
    return {
      method,
      url: typeof url === 'string' ? redactUrl(url) : undefined,
      host,
      remoteAddress: ip,
      remotePort: (socket as { remotePort?: number } | undefined)?.remotePort,
    }
  },
  res: (reply: unknown) => ({ statusCode: (reply as { statusCode?: number } | undefined)?.statusCode }),
  err: (error: unknown) => serializeError(error, 0),
  headers: (headers: unknown) =>
    typeof headers === 'object' && headers !== null
      ? redactHeaders(headers as Parameters<typeof redactHeaders>[0])
      : undefined,
})

/** See {@link authLogSerializers}. */
export const authLogOptions: {
  readonly serializers: AuthLogSerializers
  readonly hooks: { readonly logMethod: (args: unknown[], method: (...args: never[]) => void) => void }
} = Object.freeze({
  serializers: authLogSerializers,
  hooks: Object.freeze({
    logMethod(this: unknown, args: unknown[], method: (...args: never[]) => void): void {
      const redacted = args.map((one) => (typeof one === 'string' ? redactText(one) : one))
      method.apply(this, redacted as never[])
    },
  }),
})

function serializeError(error: unknown, depth: number): unknown {
  if (typeof error !== 'object' || error === null) {
    return typeof error === 'string' ? redactText(error) : error
  }
  const { name, code, statusCode, message, stack, cause } = error as Record<string, unknown>
  return {
    type: name,
    code,
    statusCode,
    message: typeof message === 'string' ? redactText(message) : undefined,
    stack: typeof stack === 'string' ? redactText(stack) : undefined,
    ...(cause !== undefined && depth < MAX_CAUSES && { cause: serializeError(cause, depth + 1) }),
  }
}

function redactText(text: string): string {
  return redactUrl(text).replace(CREDENTIALS, (_, scheme?: string) =>
    scheme === undefined ? REDACTED : `${scheme} ${REDACTED}`,
  )
}
