import { MAX_TIMER_MS, positive } from '../internal/positive.ts'

export interface ControlPlaneAuthorizerOptions {
  /** Base URL; `/api/registry/authorize` is added. */
  url: string | URL
  /** Sent as `Authorization: Bearer`. Never logged. */
  internalToken: string
  /**
   * `machine`: asks for projects that take machine clients only; any other host is `host_unknown`. Absent: for all.
   */
  mode?: 'machine' | undefined
  /** Longest wait for an answer, milliseconds. @defaultValue 2000 */
  timeoutMs?: number | undefined
  /** Most connections to the control plane, kept alive. @defaultValue 32 */
  maxConnections?: number | undefined
  /** How long a grant is kept, milliseconds, 0 to 300000; no longer than its token lives. 0: none is. @defaultValue 30000 */
  grantCacheMs?: number | undefined
  /** How long a refusal is kept, milliseconds, 0 to 300000. 0: none is. @defaultValue 5000 */
  refusalCacheMs?: number | undefined
  /** Most grants that are kept, and most refusals; the one that was used least lately goes first. @defaultValue 10000 */
  maxCacheEntries?: number | undefined
  /** Most bytes of answers that are kept, for grants and for refusals each. @defaultValue 33554432 */
  maxCacheBytes?: number | undefined
  /** Most questions under way; one more is refused with 503. @defaultValue 1000 */
  maxPending?: number | undefined
  /** Failures in a row after which the control plane is left alone. @defaultValue 5 */
  circuitFailures?: number | undefined
  /** For how long, milliseconds; then one question tries whether it is back. @defaultValue 1000 */
  circuitOpenMs?: number | undefined
}

export type ControlPlaneSettings = Readonly<
  Required<{
    [K in Exclude<keyof ControlPlaneAuthorizerOptions, 'mode'>]: NonNullable<ControlPlaneAuthorizerOptions[K]>
  }> & { url: URL; mode: 'machine' | undefined }
>

/** So that a change of which nobody heard is in force before long. */
const MAX_CACHE_MS = 300_000

/** @throws TypeError naming the option */
export function controlPlaneSettings(options: ControlPlaneAuthorizerOptions): ControlPlaneSettings {
  const { internalToken, mode } = options
  if (typeof internalToken !== 'string' || !/^[\x21-\x7e]+$/.test(internalToken)) {
    throw new TypeError('"internalToken" option must be a non-empty string of printable ASCII without spaces')
  }
  if (mode !== undefined && mode !== 'machine') throw new TypeError('"mode" option must be machine')
  return Object.freeze({
    url: endpoint(options.url),
    internalToken,
    mode,
    timeoutMs: positive('timeoutMs', options.timeoutMs, 2000, MAX_TIMER_MS),
    maxConnections: positive('maxConnections', options.maxConnections, 32),
    grantCacheMs: cacheTime('grantCacheMs', options.grantCacheMs, 30_000),
    refusalCacheMs: cacheTime('refusalCacheMs', options.refusalCacheMs, 5000),
    maxCacheEntries: positive('maxCacheEntries', options.maxCacheEntries, 10_000),
    maxCacheBytes: positive('maxCacheBytes', options.maxCacheBytes, 32 * 1024 * 1024),
    maxPending: positive('maxPending', options.maxPending, 1000),
    circuitFailures: positive('circuitFailures', options.circuitFailures, 5),
    circuitOpenMs: positive('circuitOpenMs', options.circuitOpenMs, 1000, MAX_TIMER_MS),
  })
}

function cacheTime(name: string, value: number | undefined, fallback: number): number {
  return value === 0 ? 0 : positive(name, value, fallback, MAX_CACHE_MS)
}

function endpoint(base: string | URL): URL {
  if (!URL.canParse(String(base)) || !/^https?:/i.test(String(base))) {
    throw new TypeError('"url" option must be an absolute http: or https: URL')
  }
  const url = new URL(base)
  url.pathname = `${url.pathname.replace(/\/$/, '')}/api/registry/authorize`
  return url
}
