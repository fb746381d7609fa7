import { redactUrl } from '@portcullis/auth-core'

const REASONS: Readonly<Record<string, string>> = {
  EADDRINUSE: 'the address is already in use',
  EADDRNOTAVAIL: 'this machine does not have the address',
  EACCES: 'permission denied',
  ENOTFOUND: 'the host name is unknown',
  ECONNREFUSED: 'the connection was refused',
  ETIMEDOUT: 'the connection timed out',
}

interface SystemError extends Error {
  code?: string
  address?: string
  port?: number
}

/** One line that says why a service did not start. URLs in it lose their credentials. */
export function describeStartFailure(error: unknown): string {
  if (!(error instanceof Error)) return redactUrl(String(error))
  const { code, address, port } = error as SystemError
  const reason = code === undefined ? undefined : REASONS[code]
  if (reason === undefined) return redactUrl(error.message.split('\n', 1)[0] ?? '')
  const where = address === undefined ? '' : ` ${address}${port === undefined ? '' : `:${port}`}`
  return `${reason} (${code}${where})`
}
