import { WebSocket } from 'ws'
import { type FleetLogger, silentLogger } from '../events.ts'
import { eventsOption, integerOption } from '../internal/settings.ts'
import {
  answerSubject,
  askSubject,
  CHANGES_SUBJECT,
  fleetId,
  HELLO_SUBJECT,
  reportSubject,
} from '../wire/subjects.ts'
import { MAX_LINK_MESSAGE_BYTES } from './frame.ts'
import type { FleetLink, FleetLinkOptions, FleetLinkStatus } from './options.ts'
import { pipe } from './pipe.ts'
import { DEFAULT_PATH, GATEWAY_HEADER, LINK_PROTOCOL } from './protocol.ts'

const FIRST_RETRY_MS = 100
const HANDSHAKE_TIMEOUT_MS = 5000
const SETTLED_MS = 5000

/**
 * Carries the events of a fleet between a gateway and its control plane over one WebSocket, for systems without NATS. Begins at
 * once, and goes on until it is closed, whatever becomes of the control plane. Nothing is kept while the link is down.
 *
 * @throws TypeError naming the option; the token is not shown
 */
export function connectFleetLink(options: FleetLinkOptions): FleetLink {
  const { events, internalToken } = options
  eventsOption(events)
  if (typeof internalToken !== 'string' || !/^[!-~]+$/.test(internalToken)) {
    throw new TypeError('"internalToken" option must be printable characters')
  }
  const gatewayId = fleetId('gatewayId', options.gatewayId)
  const url = linkUrl(options.url, options.path ?? DEFAULT_PATH)
  const logger: FleetLogger = options.logger ?? silentLogger
  const maxRetryMs = integerOption('maxRetryMs', options.maxRetryMs, 5000, 1, 600_000)
  const idleTimeoutMs = integerOption('idleTimeoutMs', options.idleTimeoutMs, 10_000, 100, 600_000)
  const maxBufferedBytes = integerOption(
    'maxBufferedBytes',
    options.maxBufferedBytes,
    16 * 1024 * 1024,
    MAX_LINK_MESSAGE_BYTES,
    Number.MAX_SAFE_INTEGER,
  )
  const listeners = new Set<(status: FleetLinkStatus) => void>()
  let state: FleetLinkStatus['state'] = 'connecting'
  let since = Date.now()
  let error: Error | undefined
  let dropped = 0
  let attempts = 0
  let socket: WebSocket | undefined
  let wake: (() => void) | undefined

  function set(next: FleetLinkStatus['state']): void {
    if (state === 'closed' || state === next) return
    state = next
    since = Date.now()
    tell()
  }

  function tell(): void {
    for (const listener of listeners) {
      try {
        listener(status())
      } catch (thrown) {
        logger.error({ err: thrown }, 'a listener of the link failed')
      }
    }
  }

  function status(): FleetLinkStatus {
    return { state, since, error, dropped }
  }

  /** One socket, from its opening to its end. */
  async function once(): Promise<void> {
    const opened = new WebSocket(url, LINK_PROTOCOL, {
      headers: { authorization: `Bearer ${internalToken}`, [GATEWAY_HEADER]: gatewayId },
      handshakeTimeout: HANDSHAKE_TIMEOUT_MS,
      maxPayload: MAX_LINK_MESSAGE_BYTES,
      perMessageDeflate: false,
      // The token goes where it was sent, and nowhere else.
      followRedirects: false,
    })
    socket = opened
    opened.on('error', (reason) => {
      error = reason
    })
    const closed = new Promise<void>((resolve) => {
      opened.once('close', () => resolve())
    })
    let openedAt = Number.POSITIVE_INFINITY
    opened.once('open', () => {
      openedAt = performance.now()
      error = undefined
      logger.info({ gatewayId }, 'linked to the control plane')
      void pipe({
        socket: opened,
        events,
        out: [reportSubject(gatewayId), answerSubject('*')],
        mayEnter: (subject) =>
          subject === askSubject(gatewayId) || subject === CHANGES_SUBJECT || subject === HELLO_SUBJECT,
        maxBufferedBytes,
        idleTimeoutMs,
        onDropped: () => {
          dropped += 1
        },
      })
      set('connected')
    })
    await closed
    // One that is ended as soon as it is made is not made again at once.
    if (performance.now() - openedAt >= SETTLED_MS) attempts = 0
  }

  async function run(): Promise<void> {
    while (!isClosed()) {
      await once()
      if (isClosed()) return
      if (state === 'connected' || attempts === 0) {
        logger.warn({ gatewayId, err: error }, 'not linked to the control plane')
      }
      if (state === 'connecting') tell()
      else set('connecting')
      attempts += 1
      await pause(Math.min(FIRST_RETRY_MS * 2 ** Math.min(attempts, 20), maxRetryMs))
    }
  }

  /** Between half and all of it, so that gateways do not come back at one time. */
  async function pause(longest: number): Promise<void> {
    await new Promise<void>((resolve) => {
      const timer = setTimeout(resolve, longest / 2 + Math.random() * (longest / 2)).unref()
      wake = () => {
        clearTimeout(timer)
        resolve()
      }
    })
  }

  const isClosed = (): boolean => state === 'closed'
  const running = run()

  return {
    status,
    onStatus(listener) {
      listeners.add(listener)
      return () => listeners.delete(listener)
    },
    async close() {
      set('closed')
      wake?.()
      // What was published before the call is on its way through the events of this process.
      await new Promise((resolve) => setImmediate(resolve))
      socket?.close(1000)
      // A peer that does not answer is not waited for.
      const late = setTimeout(() => socket?.terminate(), 500).unref()
      await running
      clearTimeout(late)
    },
    async [Symbol.asyncDispose]() {
      await this.close()
    },
  }
}

/** @throws TypeError naming the option */
function linkUrl(text: string, path: string): URL {
  if (typeof path !== 'string' || !path.startsWith('/'))
    throw new TypeError('"path" option must begin with "/"')
  const isUrl = typeof text === 'string' && URL.canParse(text)
  const protocol = isUrl ? SCHEMES.get(new URL(text).protocol) : undefined
  if (protocol === undefined) throw new TypeError('"url" option must be an http:, https:, ws: or wss: URL')
  const url = new URL(text)
  if (url.username !== '' || url.password !== '') throw new TypeError('"url" option must have no login')
  url.protocol = protocol
  url.pathname = `${url.pathname.replace(/\/+$/, '')}${path}`
  url.search = ''
  url.hash = ''
  return url
}

const SCHEMES: ReadonlyMap<string, string> = new Map([
  ['http:', 'ws:'],
  ['https:', 'wss:'],
  ['ws:', 'ws:'],
  ['wss:', 'wss:'],
])
