import { type IncomingMessage, type Server, STATUS_CODES } from 'node:http'
import type { Duplex } from 'node:stream'
import { type WebSocket, WebSocketServer } from 'ws'
import { FleetError } from '../errors.ts'
import { silentLogger } from '../events.ts'
import { eventsOption, integerOption } from '../internal/settings.ts'
import {
  answerSubject,
  askSubject,
  CHANGES_SUBJECT,
  FLEET_ID,
  HELLO_SUBJECT,
  reportSubject,
} from '../wire/subjects.ts'
import { acceptedTokens } from './accepted-tokens.ts'
import { MAX_LINK_MESSAGE_BYTES } from './frame.ts'
import type { FleetLinkServer, FleetLinkServerOptions } from './options.ts'
import { pipe } from './pipe.ts'
import { DEFAULT_PATH, GATEWAY_HEADER, LINK_PROTOCOL } from './protocol.ts'

const REFUSAL_MS = 1000
const ANSWER_PREFIX = answerSubject('')

/**
 * Takes the links of gateways and joins their events with those of this process. A gateway hears what is for it, and speaks for
 * itself only.
 *
 * @throws TypeError naming the option; tokens are not shown
 */
export function createFleetLinkServer(options: FleetLinkServerOptions): FleetLinkServer {
  const { events, path = DEFAULT_PATH, logger = silentLogger } = options
  eventsOption(events)
  if (typeof path !== 'string' || !path.startsWith('/'))
    throw new TypeError('"path" option must begin with "/"')
  const isAccepted = acceptedTokens(options.internalTokens)
  const maxLinks = integerOption('maxLinks', options.maxLinks, 256, 1, 100_000)
  const idleTimeoutMs = integerOption('idleTimeoutMs', options.idleTimeoutMs, 10_000, 100, 600_000)
  const maxBufferedBytes = integerOption(
    'maxBufferedBytes',
    options.maxBufferedBytes,
    16 * 1024 * 1024,
    MAX_LINK_MESSAGE_BYTES,
    Number.MAX_SAFE_INTEGER,
  )
  const server = new WebSocketServer({
    noServer: true,
    maxPayload: MAX_LINK_MESSAGE_BYTES,
    perMessageDeflate: false,
    handleProtocols: (offered) => (offered.has(LINK_PROTOCOL) ? LINK_PROTOCOL : false),
  })
  const links = new Map<string, WebSocket>()
  const piping = new Set<Promise<void>>()
  const detachers = new Set<() => void>()
  let isClosed = false
  let closing: Promise<void> | undefined

  /** @throws FleetError */
  function admit(request: IncomingMessage): string {
    if (!isAccepted(request.headers.authorization)) {
      throw new FleetError('ERR_FLEET_LINK_UNAUTHORIZED', 'the internal token is missing or wrong')
    }
    const protocols = request.headers['sec-websocket-protocol']?.split(',').map((name) => name.trim())
    if (!protocols?.includes(LINK_PROTOCOL)) {
      throw new FleetError('ERR_FLEET_LINK_INVALID', `the sub-protocol must be ${LINK_PROTOCOL}`)
    }
    const gatewayId = request.headers[GATEWAY_HEADER]
    if (typeof gatewayId !== 'string' || !FLEET_ID.test(gatewayId)) {
      throw new FleetError('ERR_FLEET_LINK_INVALID', `the header ${GATEWAY_HEADER} must name the gateway`)
    }
    if (isClosed || (links.size >= maxLinks && !links.has(gatewayId))) {
      throw new FleetError('ERR_FLEET_LINK_REFUSED', 'no more links are taken')
    }
    return gatewayId
  }

  function open(gatewayId: string, socket: WebSocket): void {
    // A gateway that comes back has lost the link before, whatever this side has noticed.
    links.get(gatewayId)?.terminate()
    links.set(gatewayId, socket)
    logger.info({ gatewayId }, 'a gateway is linked')
    const own = reportSubject(gatewayId)
    const piped = pipe({
      socket,
      events,
      out: [askSubject(gatewayId), CHANGES_SUBJECT, HELLO_SUBJECT],
      mayEnter: (subject) =>
        subject === own ||
        (subject.startsWith(ANSWER_PREFIX) && FLEET_ID.test(subject.slice(ANSWER_PREFIX.length))),
      maxBufferedBytes,
      idleTimeoutMs,
      onDropped: () => logger.debug({ gatewayId }, 'a message to a slow gateway was dropped'),
    }).finally(() => {
      piping.delete(piped)
      if (links.get(gatewayId) !== socket) return
      links.delete(gatewayId)
      logger.info({ gatewayId }, 'a gateway is not linked any more')
    })
    piping.add(piped)
  }

  function handleUpgrade(request: IncomingMessage, socket: Duplex, head: Buffer): boolean {
    if (pathOf(request) !== path) return false
    const onError = (): void => void socket.destroy()
    socket.on('error', onError)
    try {
      const gatewayId = admit(request)
      server.handleUpgrade(request, socket, head, (accepted) => {
        socket.off('error', onError)
        accepted.on('error', (error) => logger.debug({ gatewayId, err: error }, 'a link failed'))
        if (isClosed) accepted.terminate()
        else open(gatewayId, accepted)
      })
    } catch (error) {
      const refusal = FleetError.is(error)
        ? error
        : new FleetError('ERR_FLEET_LINK_INVALID', 'the upgrade makes no sense')
      logger.warn({ code: refusal.code }, 'a link was refused')
      refuse(socket, refusal)
    }
    return true
  }

  function attach(http: Server): () => void {
    const onUpgrade = (request: IncomingMessage, socket: Duplex, head: Buffer): void => {
      if (handleUpgrade(request, socket, head) || http.listenerCount('upgrade') > 1) return
      socket.on('error', () => socket.destroy())
      refuse(socket, new FleetError('ERR_FLEET_LINK_NOT_FOUND', 'there is nothing to upgrade to'))
    }
    http.on('upgrade', onUpgrade)
    const detach = (): void => {
      http.off('upgrade', onUpgrade)
      detachers.delete(detach)
    }
    detachers.add(detach)
    return detach
  }

  async function stop(): Promise<void> {
    isClosed = true
    for (const detach of detachers) detach()
    for (const socket of links.values()) {
      socket.close(1012, 'the control plane stops')
      setTimeout(() => socket.terminate(), 500).unref()
    }
    await Promise.all(piping)
    server.close()
  }

  return {
    handleUpgrade,
    attach,
    gatewayIds: () => [...links.keys()].toSorted(),
    close() {
      closing ??= stop()
      return closing
    },
    async [Symbol.asyncDispose]() {
      await this.close()
    },
  }
}

function pathOf(request: IncomingMessage): string {
  const { url = '' } = request
  const end = url.indexOf('?')
  return end < 0 ? url : url.slice(0, end)
}

/** Answers with JSON and ends the socket. */
function refuse(socket: Duplex, { code, statusCode, message }: FleetError): void {
  const body = JSON.stringify({ statusCode, error: STATUS_CODES[statusCode], code, message })
  const lines = [
    `HTTP/1.1 ${statusCode} ${STATUS_CODES[statusCode]}`,
    'Connection: close',
    'Content-Type: application/json; charset=utf-8',
    'Cache-Control: no-store',
    `Content-Length: ${Buffer.byteLength(body)}`,
    ...(statusCode === 401 ? ['WWW-Authenticate: Bearer realm="portcullis-internal"'] : []),
    ...(statusCode === 503 ? ['Retry-After: 5'] : []),
  ]
  // Whoever does not read its refusal is not waited for.
  setTimeout(() => socket.destroy(), REFUSAL_MS).unref()
  socket.end(`${lines.join('\r\n')}\r\n\r\n${body}`, () => socket.destroy())
}
