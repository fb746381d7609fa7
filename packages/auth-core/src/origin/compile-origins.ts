/** Whether a page of this origin may connect to this host. */
export type OriginCheck = (origin: string, host: string) => boolean

const PATTERN = /^(https?):\/\/(\*\.)?([^/:*]+|\[[0-9a-f:]+\])(?::(\d+|\*))?$/i

/**
 * Compiles a list of allowed origins. Without a list the origin's host and port must be those of the request.
 *
 * @throws TypeError naming a pattern that is not understood
 */
export function compileOrigins(patterns: readonly string[] | undefined): OriginCheck {
  if (patterns === undefined) return isSameHost
  const checks = patterns.map(compile)
  return (origin) => checks.some((check) => check(origin))
}

function compile(pattern: string): (origin: string) => boolean {
  if (pattern === '*') return () => true
  if (pattern === 'null') return (origin) => origin === 'null'
  const match = PATTERN.exec(pattern)
  if (!match) throw new TypeError(`"allowedOrigins" option has a pattern that is not an origin: ${pattern}`)
  const [, scheme = '', wildcard, hostname = '', port = ''] = match
  const wantedHost = parse(`${scheme}://${hostname}`)?.hostname
  if (wantedHost === undefined)
    throw new TypeError(`"allowedOrigins" option has a pattern that is not an origin: ${pattern}`)
  return (origin) => {
    const parsed = parse(origin)
    if (!parsed || parsed.protocol !== `${scheme.toLowerCase()}:`) return false
    // Compared label by label from the right, dot included: `evilexample.com` is no subdomain of `example.com`.
    const isHost = wildcard ? parsed.hostname.endsWith(`.${wantedHost}`) : parsed.hostname === wantedHost
    return (
      isHost &&
      (port === '*' || effectivePort(parsed.protocol, parsed.port) === effectivePort(parsed.protocol, port))
    )
  }
}

function isSameHost(origin: string, host: string): boolean {
  const parsed = parse(origin)
  if (!parsed || host === '') return false
  const target = parse(`${parsed.protocol}//${host}`)
  return target !== undefined && target.host === parsed.host
}

function parse(origin: string): URL | undefined {
  // An origin is scheme, host and port and nothing else (RFC 6454 section 7.1). What the URL parser would read as
  // something else than it looks like, a page's origin does not have.
  if (!/^https?:\/\/[^/?#@\\%\s]+$/i.test(origin) || !URL.canParse(origin)) return undefined
  return new URL(origin)
}

function effectivePort(protocol: string, port: string): string {
  return port !== '' ? port : protocol === 'https:' ? '443' : '80'
}
