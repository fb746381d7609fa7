import { lookup as systemLookup, type LookupAddress, type LookupOptions } from 'node:dns'
import type { IncomingMessage } from 'node:http'
import { Agent, request as httpsRequest } from 'node:https'
import { isIP } from 'node:net'
import { Readable } from 'node:stream'
import { callbackify } from 'node:util'
import { isPublicAddress } from './is-public-address.ts'
import type { EgressFetch, EgressRequest } from './egress-fetch.ts'

/** Replaces parts of {@link createPublicFetch} in tests; a symbol so that no JSON can set it. */
export const egressSeam: unique symbol = Symbol('egressSeam')

/** The parts that {@link egressSeam} replaces. */
export interface EgressSeam {
  /** In place of `dns.lookup`, always asked for all addresses. */
  lookup?: ((host: string) => Promise<LookupAddress[]>) | undefined
  /** In place of `isPublicAddress`. */
  isPublicAddress?: ((address: string) => boolean) | undefined
  /** Certificates trusted in place of the system's, PEM. */
  ca?: string | undefined
}

/** Options of {@link createPublicFetch}. */
export interface PublicFetchOptions {
  /** Ports that may be asked beside 443. @defaultValue none */
  ports?: readonly number[] | undefined
  [egressSeam]?: EgressSeam | undefined
}

/** The reason in the cause of a download that was not allowed to begin; nothing was sent. */
export class EgressRefused extends Error {
  override readonly name: string = 'EgressRefused'
}

/**
 * Makes a fetch for URLs that tenants choose: `https:` on port 443, without credentials, to public addresses only.
 *
 * The addresses are checked when the connection is made, and the connection goes to what was checked: a name is resolved
 * once per download, so a name that answers differently the next time gains nothing. A name of which any address is not
 * public is refused. Redirects are answered, not followed. No proxy of the environment is used.
 *
 * @throws TypeError naming the option that is wrong
 */
export function createPublicFetch(options: PublicFetchOptions = {}): EgressFetch {
  const ports = portSet(options.ports)
  const seam = options[egressSeam] ?? {}
  const isAllowed = seam.isPublicAddress ?? isPublicAddress
  // A connection that is kept could be used again without a look at its address.
  const agent = new Agent({ keepAlive: false, maxSockets: 32, maxTotalSockets: 256 })
  const lookup = checkedLookup(seam.lookup ?? resolve, isAllowed)

  return async (input, init) => {
    const url = new URL(input)
    assertAllowed(url, ports, isAllowed)
    const response = await send(url, init, { agent, lookup, ca: seam.ca })
    try {
      return responseOf(response)
    } catch (error) {
      response.destroy()
      throw error
    }
  }
}

function portSet(ports: readonly number[] | undefined): ReadonlySet<string> {
  if (ports !== undefined && (!Array.isArray(ports) || !ports.every(isPort))) {
    throw new TypeError('"ports" must be a list of integers between 1 and 65535')
  }
  // WHATWG URLs write the default port as no port.
  return new Set(['', ...(ports ?? []).map((port) => String(port))])
}

function isPort(value: unknown): boolean {
  return Number.isInteger(value) && (value as number) >= 1 && (value as number) <= 65_535
}

/** What can be seen without a look-up. A literal address has none, so it is checked here. */
function assertAllowed(url: URL, ports: ReadonlySet<string>, isAllowed: (address: string) => boolean): void {
  if (url.protocol !== 'https:') throw new EgressRefused('the URL is not https:')
  if (url.username !== '' || url.password !== '') throw new EgressRefused('the URL contains credentials')
  if (!ports.has(url.port)) throw new EgressRefused('the port is not allowed')
  const literal = url.hostname.replace(/^\[|\]$/g, '')
  if (isIP(literal) !== 0 && !isAllowed(literal)) throw new EgressRefused('the address is not public')
}

type Lookup = (
  host: string,
  options: LookupOptions,
  callback: (error: Error | null, address: string | LookupAddress[], family?: number) => void,
) => void

/** A look-up for a socket that hands on only addresses that were checked. */
function checkedLookup(
  find: (host: string) => Promise<LookupAddress[]>,
  isAllowed: (address: string) => boolean,
): Lookup {
  const findChecked = callbackify(async (host: string) => {
    const addresses = await find(host)
    const [first] = addresses
    if (first === undefined) throw new Error('the name has no address')
    if (!addresses.every(({ address }) => isAllowed(address))) {
      throw new EgressRefused('the address is not public')
    }
    return { first, addresses }
  })
  return (host, { all }, callback) => {
    findChecked(host, (error, found) => {
      if (error !== null) callback(error, '')
      else if (all === true) callback(null, found.addresses)
      else callback(null, found.first.address, found.first.family)
    })
  }
}

function resolve(host: string): Promise<LookupAddress[]> {
  return new Promise((done, reject) => {
    systemLookup(host, { all: true }, (error, addresses) => {
      if (error === null) done(addresses)
      else reject(error)
    })
  })
}

function send(
  url: URL,
  { headers, signal }: EgressRequest,
  options: { agent: Agent; lookup: Lookup; ca: string | undefined },
): Promise<IncomingMessage> {
  return new Promise((done, reject) => {
    httpsRequest(url, { ...options, method: 'GET', headers: Object.fromEntries(headers), signal })
      .once('response', done)
      // Stays for good: a socket may fail again after its answer has begun.
      .on('error', reject)
      .end()
  })
}

/** @throws RangeError, TypeError for a status or header that HTTP does not know */
function responseOf(message: IncomingMessage): Response {
  const init = { status: message.statusCode as number, headers: headersOf(message) }
  // These have no body, and a Response insists on that.
  if (![204, 205, 304].includes(init.status)) {
    return new Response(Readable.toWeb(message) as ReadableStream<Uint8Array>, init)
  }
  message.resume()
  return new Response(null, init)
}

function headersOf({ rawHeaders }: IncomingMessage): Headers {
  const headers = new Headers()
  for (let index = 0; index + 1 < rawHeaders.length; index += 2) {
    headers.append(rawHeaders[index] as string, rawHeaders[index + 1] as string)
  }
  return headers
}
