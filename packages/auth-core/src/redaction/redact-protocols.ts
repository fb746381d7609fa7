import { REDACTED } from './redact-url.ts'

/**
 * Removes tokens from the value of `Sec-WebSocket-Protocol`: an entry `bearer.<token>`, in any letter case, becomes
 * `bearer.[redacted]`, and everything else stays as it is. Returns '' for anything but a string.
 */
export function redactProtocols(value: string): string {
  if (typeof value !== 'string') return ''
  return value.replace(/(^|[,\s])(bearer\.)[^,\s]*/gi, `$1$2${REDACTED}`)
}
