import { CliError } from '../errors.ts'

/** Longest token that is looked at, characters; gateways take 8 KiB. */
const MAX_TOKEN = 64 * 1024

/** What stands in a token, unverified. */
export interface DecodedToken {
  readonly header: Readonly<Record<string, unknown>>
  readonly claims: Readonly<Record<string, unknown>>
}

/**
 * Takes a JWT apart without believing it.
 *
 * @throws CliError `ERR_CLI_TOKEN` saying what it is instead, without repeating it
 * @see RFC 7519 §3
 */
export function decodeToken(token: string): DecodedToken {
  if (token.length > MAX_TOKEN) throw wrong(`it has more than ${MAX_TOKEN} characters`)
  if (token.startsWith('pck_')) throw wrong('it is an API key of the control plane')
  const parts = token.split('.')
  if (parts.length === 5) throw wrong('it is encrypted (JWE), and says nothing to whoever has no key')
  if (parts.length !== 3) throw wrong('a JWT has three parts with dots between them')
  const [header, claims] = parts
    .slice(0, 2)
    .map((part, index) => readPart(part, ['header', 'payload'][index] ?? ''))
  if (header === undefined || claims === undefined || !/^[A-Za-z0-9_-]*$/.test(parts[2] ?? '')) {
    throw wrong('its signature is not base64url')
  }
  return { header, claims }
}

function readPart(part: string, name: string): Readonly<Record<string, unknown>> {
  if (!/^[A-Za-z0-9_-]+$/.test(part)) throw wrong(`its ${name} is not base64url`)
  let value: unknown
  try {
    value = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(Buffer.from(part, 'base64url')))
  } catch {
    throw wrong(`its ${name} is not JSON`)
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    throw wrong(`its ${name} is no JSON object`)
  }
  return value as Readonly<Record<string, unknown>>
}

function wrong(why: string): CliError {
  return new CliError('ERR_CLI_TOKEN', `this is no JWT: ${why}`)
}
