import { GatewayError } from '../errors.ts'
import type { UpgradeAttempt } from './attempt.ts'

const KEY = /^[+/0-9A-Za-z]{22}==$/
/** RFC 9110 section 5.6.2 */
const TOKEN = /^[!#$%&'*+\-.^_`|~0-9A-Za-z]+$/

/** The request is a WebSocket handshake that will succeed (RFC 6455 section 4.2.1), with one host. */
export function checkRequest(attempt: UpgradeAttempt): void {
  const { method, headers, httpVersion, rawHeaders } = attempt.request
  if (method !== 'GET' || httpVersion !== '1.1') throw invalid('a WebSocket handshake is a GET of HTTP/1.1')
  if (headers.upgrade?.toLowerCase() !== 'websocket') throw invalid('the upgrade is not to websocket')
  const { 'sec-websocket-key': key, 'sec-websocket-version': version } = headers
  if (typeof key !== 'string' || !KEY.test(key)) throw invalid('Sec-WebSocket-Key is missing or malformed')
  // Version 8, which `ws` would take as well, has another header for the origin.
  if (version !== '13') throw invalid('Sec-WebSocket-Version must be 13')
  checkProtocols(headers['sec-websocket-protocol'])
  // Node keeps the first of several Host headers: a proxy in front may have looked at another.
  const hosts = rawHeaders.filter((name, index) => index % 2 === 0 && name.toLowerCase() === 'host')
  if (hosts.length !== 1 || !headers.host) throw invalid('exactly one Host header is required')
  attempt.host = headers.host
  attempt.origin = headers.origin ?? null
}

/** What `ws` would refuse later, with an answer of its own. */
function checkProtocols(header: string | undefined): void {
  if (header === undefined) return
  const protocols = header.split(',').map((protocol) => protocol.trim())
  if (new Set(protocols).size < protocols.length || !protocols.every((protocol) => TOKEN.test(protocol))) {
    throw invalid('Sec-WebSocket-Protocol is malformed')
  }
}

function invalid(message: string): GatewayError {
  return new GatewayError('request_invalid', message)
}
