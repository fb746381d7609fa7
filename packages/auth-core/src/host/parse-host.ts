import { isIPv4, isIPv6 } from 'node:net'
import { domainToASCII, domainToUnicode } from 'node:url'

/** Longest host name, characters. @see RFC 1035 §2.3.4 */
const MAX_NAME = 253

/** Longest input: a name with its trailing dot, a colon and a port. */
const MAX_INPUT = MAX_NAME + 1 + 6

// Underscores are no host name letters (RFC 952), but container networks use them all the time.
const LABEL = /^(?!-)[a-z0-9_-]{1,63}(?<!-)$/

/**
 * Brings a `Host` header value into the one form in which hosts are stored and compared: lower case, ASCII (IDNA),
 * without port and without one trailing dot; an IPv6 address in brackets and in its shortest spelling. What comes out is its
 * own form.
 *
 * @returns null for anything that is not exactly one host with an optional port
 * @see RFC 9110 §7.2, RFC 5952, UTS 46
 */
export function parseHost(host: string): string | null {
  if (typeof host !== 'string' || host.length > MAX_INPUT) return null
  // Everything that could make two parsers see two hosts goes first: white space, controls, URL punctuation, and characters
  // that nobody sees and IDNA drops.
  // oxlint-disable-next-line no-control-regex
  if (/[\u0000-\u0020\u007f@/\\?#%,;"'<>^`{|}\s\p{DI}]/u.test(host)) return null
  if (host.startsWith('[')) return parseIPv6(host)
  const match = /^([^:[\]]+)(?::(\d{0,5}))?$/.exec(host)
  if (match === null || !isPort(match[2])) return null
  return parseName(match[1] as string)
}

function parseIPv6(host: string): string | null {
  const match = /^\[([0-9a-f:.]{2,45})\](?::(\d{0,5}))?$/i.exec(host)
  if (match === null || !isPort(match[2]) || !isIPv6(match[1] as string)) return null
  return new URL(`http://[${match[1]}]`).hostname
}

function parseName(name: string): string | null {
  if (isIPv4(name)) return name
  const ascii = domainToASCII(name).replace(/\.$/, '')
  // `127.1` and `0x7f.1` are addresses to a URL parser; only the plain spelling is one here.
  if (ascii.length > MAX_NAME || isIPv4(ascii)) return null
  // Node 24 lets a label through that claims to be Punycode and is not; older versions do not.
  if (/(?:^|\.)xn--/.test(domainToUnicode(ascii))) return null
  return ascii.split('.').every((label) => LABEL.test(label)) ? ascii : null
}

function isPort(port: string | undefined): boolean {
  return port === undefined || Number(port) <= 65_535
}
