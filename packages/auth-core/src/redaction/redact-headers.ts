import { isSensitiveName } from '../internal/sensitive-name.ts'
import { redactProtocols } from './redact-protocols.ts'
import { REDACTED, redactUrl } from './redact-url.ts'

/** A header record as Node has it. */
export type HeaderRecord = Readonly<Record<string, string | number | readonly string[] | undefined>>

/**
 * Copies headers for a log. Credentials (`authorization`, `proxy-authorization`, `cookie`, `set-cookie`, and any header
 * whose name ends in token, secret, key, password, signature …) become `[redacted]`, tokens in
 * `sec-websocket-protocol` are removed, and every other value passes through `redactUrl`, because `referer`, `location`
 * and proxies' headers repeat URLs.
 */
export function redactHeaders(headers: HeaderRecord): Record<string, string | string[]> {
  const copy: Record<string, string | string[]> = {}
  for (const [name, value] of Object.entries(headers)) {
    if (value === undefined || value === null) continue
    const redacted = Array.isArray(value)
      ? value.map((one) => redactHeader(name, one))
      : redactHeader(name, value)
    // Plain assignment to this one name would set the prototype instead.
    if (name !== '__proto__') copy[name] = redacted
  }
  return copy
}

function redactHeader(name: string, value: unknown): string {
  const lower = name.toLowerCase()
  if (lower === 'sec-websocket-protocol') return redactProtocols(String(value))
  // The handshake's own key is a nonce, and useful in a log.
  if (lower === 'sec-websocket-key') return String(value)
  if (/(?:^|-)(?:authorization|key)$/.test(lower) || isSensitiveName(lower)) return REDACTED
  return redactUrl(String(value))
}
