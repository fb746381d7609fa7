import { AuthError } from '../errors.ts'
import { headerValues } from '../internal/header-values.ts'
import { extractBearer } from './extract-bearer.ts'
import type { HeaderSource } from './header-source.ts'
import { assertTokenSyntax } from './token-syntax.ts'

/** What is read of an upgrade request. Node's `IncomingMessage` fits as it is. */
export interface UpgradeRequest {
  /** Request target, such as `/ws?token=…`. */
  readonly url?: string | undefined
  readonly headers: HeaderSource
  /** Preferred to `headers` when present, because only here are duplicate headers visible. */
  readonly rawHeaders?: readonly string[] | undefined
}

/** Options of {@link extractUpgradeToken}. */
export interface UpgradeTokenOptions {
  /** Query parameters that may carry the token. `access_token` is not among them unless you add it. @defaultValue ['token'] */
  queryParameters?: readonly string[] | undefined
}

/** Where a token stood. */
export type UpgradeTokenSource = 'authorization' | 'query' | 'subprotocol'

/** A token with its place, or neither. */
export type UpgradeToken =
  | { readonly token: string; readonly source: UpgradeTokenSource }
  | { readonly token: null; readonly source: null }

const PROTOCOL_PREFIX = 'bearer.'

/**
 * Finds the one token of a WebSocket upgrade: in `Authorization: Bearer`, in the query parameter `token`, or in a
 * `Sec-WebSocket-Protocol` entry `bearer.<token>`. An empty query parameter counts as absent.
 *
 * @throws AuthError `ERR_AUTH_REQUEST_INVALID` when more than one credential is present, `ERR_AUTH_TOKEN_INVALID` for a
 *   malformed token or one longer than 8 KiB
 * @see RFC 6750 §2 ("clients MUST NOT use more than one method")
 */
export function extractUpgradeToken(
  request: UpgradeRequest,
  options: UpgradeTokenOptions = {},
): UpgradeToken {
  const headers = request.rawHeaders ?? request.headers
  const found: { token: string; source: UpgradeTokenSource }[] = []

  const bearer = extractBearer(headers)
  if (bearer !== null) found.push({ token: bearer, source: 'authorization' })
  for (const token of queryTokens(request.url, options.queryParameters ?? ['token'])) {
    found.push({ token, source: 'query' })
  }
  for (const token of protocolTokens(headers)) found.push({ token, source: 'subprotocol' })

  if (found.length > 1) throw new AuthError('ERR_AUTH_REQUEST_INVALID', 'more than one token in the request')
  const [only] = found
  if (only === undefined) return { token: null, source: null }
  return { token: assertTokenSyntax(only.token), source: only.source }
}

function queryTokens(url: string | undefined, names: readonly string[]): string[] {
  const start = url?.indexOf('?') ?? -1
  if (url === undefined || start < 0) return []
  const query = new URLSearchParams(url.slice(start + 1).split('#', 1)[0])
  return names.flatMap((name) => query.getAll(name)).filter((token) => token !== '')
}

function protocolTokens(headers: HeaderSource): string[] {
  return headerValues(headers, 'sec-websocket-protocol')
    .flatMap((value) => value.split(','))
    .map((entry) => entry.trim())
    .filter((entry) => entry.toLowerCase().startsWith(PROTOCOL_PREFIX))
    .map((entry) => entry.slice(PROTOCOL_PREFIX.length))
}
