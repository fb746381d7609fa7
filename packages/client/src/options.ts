/** What `getToken` may return. `null`, `undefined` and `''` mean: connect without a token. */
export type Token = string | null | undefined

/** Options of `createClient`. Durations are integers from 1 to 2147483647 milliseconds. */
export interface ClientOptions {
  /** `ws:`, `wss:`, `http:` or `https:`; may be relative in a browser. Must not carry credentials. */
  url: string | URL
  /**
   * Called before every connection, the first one and every reconnect, and when the server asks for a new token before
   * the session's own expires. The token travels as the sub-protocol `bearer.<token>`, so it may hold letters, digits and
   * ``!#$%&'*+-.^_`|~`` (a JWT does).
   */
  getToken?: (() => Token | Promise<Token>) | undefined
  /** Longest wait for `getToken`. @defaultValue 10000 */
  tokenTimeoutMs?: number | undefined
  /** Longest wait from opening the socket to the server's welcome, and for its answer to a new token. @defaultValue 10000 */
  connectTimeoutMs?: number | undefined
  /** Longest wait of one `send` for its acknowledgement, time offline included. @defaultValue 60000 */
  sendTimeoutMs?: number | undefined
  /** The n-th reconnect waits a random time below `reconnectBaseMs * 2^(n-1)`. @defaultValue 250 */
  reconnectBaseMs?: number | undefined
  /** Upper bound of that random time; at least `reconnectBaseMs`. @defaultValue 30000 */
  reconnectCapMs?: number | undefined
  /** How long a connection must live for the backoff to start over. @defaultValue 5000 */
  stableAfterMs?: number | undefined
  /** Silence after which the server is asked for a pong. @defaultValue 25000 */
  pingAfterMs?: number | undefined
  /** Silence after that ping which counts as a dead connection. @defaultValue 8000 */
  pongTimeoutMs?: number | undefined
  /** Most unacknowledged frames, queued or in flight. Past it `send` rejects with `queue_full`. @defaultValue 1000 */
  maxQueueCount?: number | undefined
  /** Most bytes of unacknowledged frames. Past it `send` rejects with `queue_full`. @defaultValue 4194304 */
  maxQueueBytes?: number | undefined
}

/** Validated options. */
export type Settings = Readonly<
  Record<keyof typeof DEFAULTS, number> & { url: string; getToken: () => Token | Promise<Token> }
>

const DEFAULTS = {
  tokenTimeoutMs: 10_000,
  connectTimeoutMs: 10_000,
  sendTimeoutMs: 60_000,
  reconnectBaseMs: 250,
  reconnectCapMs: 30_000,
  stableAfterMs: 5_000,
  pingAfterMs: 25_000,
  pongTimeoutMs: 8_000,
  maxQueueCount: 1_000,
  maxQueueBytes: 4_194_304,
} as const

/** Beyond this, timers fire at once instead of late. */
export const MAX_INTEGER = 2_147_483_647

/** Checks the options once. Throws a TypeError that names the option. */
export function parseOptions(options: ClientOptions): Settings {
  const numbers: Record<string, number> = {}
  for (const [name, fallback] of Object.entries(DEFAULTS)) {
    numbers[name] = parseInteger(name, options[name as keyof typeof DEFAULTS] ?? fallback)
  }
  const { getToken = () => null } = options
  if (typeof getToken !== 'function') throw new TypeError('"getToken" option must be a function')
  const settings = { ...numbers, url: parseUrl(options.url), getToken } as Settings
  if (settings.reconnectCapMs < settings.reconnectBaseMs) {
    throw new TypeError('"reconnectCapMs" option must not be less than "reconnectBaseMs"')
  }
  return Object.freeze(settings)
}

function parseInteger(name: string, value: number): number {
  if (!Number.isInteger(value) || value < 1 || value > MAX_INTEGER) {
    throw new TypeError(`"${name}" option must be an integer from 1 to ${MAX_INTEGER}`)
  }
  return value
}

function parseUrl(value: string | URL): string {
  const base = (globalThis as { location?: { href?: string } }).location?.href
  let url: URL
  try {
    url = new URL(value, base)
  } catch {
    // No cause: it would quote the URL, and some people put a token there.
    throw new TypeError('"url" option must be a URL')
  }
  url.protocol = url.protocol.replace('http', 'ws')
  if (url.protocol !== 'ws:' && url.protocol !== 'wss:') {
    throw new TypeError('"url" option must start with ws:, wss:, http: or https:')
  }
  if (url.username !== '' || url.password !== '') {
    throw new TypeError('"url" option must not carry credentials; use "getToken"')
  }
  url.hash = ''
  return url.href
}
