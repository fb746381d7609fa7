import type { Duplex } from 'node:stream'
import type { RawData, WebSocket } from 'ws'
import type { InteropGateway } from '../gateway/gateway.ts'
import { encodeMessage } from '../protocol/encode.ts'
import { nestsDeeperThan } from '../protocol/nesting.ts'
import { corkForTurn } from './cork.ts'
import { sendInStep } from './in-step.ts'

export interface OpenSocket {
  webSocket: WebSocket
  /** What carries it. */
  socket: Duplex
  remoteAddress: string | undefined
  /** True for a page: it takes in one message at a time. */
  isPage: boolean
}

export interface ServeSocketOptions {
  helloTimeoutMs: number
  pingIntervalMs: number
  maxBufferedBytes: number
}

/** Deeper than any data means to be, and far from what the engine's own recursion takes. */
const MAX_NESTING = 256

/** Joins an open WebSocket to the gateway: one JSON object per message, in text or as UTF-8 in binary. */
export function serveSocket(
  gateway: InteropGateway,
  { webSocket, socket, remoteAddress, isPage }: OpenSocket,
  { helloTimeoutMs, pingIntervalMs, maxBufferedBytes }: ServeSocketOptions,
): void {
  const inStep = isPage ? undefined : sendInStep(webSocket)
  const waitingBytes = (): number => webSocket.bufferedAmount + (inStep?.heldLength ?? 0)
  let overrun = false
  const connection = gateway.connect({
    remoteAddress,
    trusted: false,
    deliver(peerId, message, shared) {
      if (overrun || webSocket.readyState !== webSocket.OPEN) return
      corkForTurn(socket)
      const text = encodeMessage(peerId, message, shared)
      if (inStep === undefined) webSocket.send(text)
      else inStep.send(message, text)
      if (waitingBytes() <= maxBufferedBytes) return
      overrun = true
      connection.overrun()
      // Not at once: this runs inside the engine, for which the peer is still there.
      setImmediate(() => webSocket.terminate())
    },
    writable: () => waitingBytes() <= maxBufferedBytes / 2,
    close: (code, reason) => webSocket.close(code, reason),
  })

  webSocket.on('message', (data: RawData) => {
    const text = textOf(data)
    let value: unknown
    try {
      if (nestsDeeperThan(text, MAX_NESTING)) throw new SyntaxError('it nests too deep')
      value = JSON.parse(text)
    } catch {
      connection.receiveMalformed('A message must be a JSON object')
      return
    }
    connection.receive(value)
  })
  // Bad frames and resets: `close` follows.
  webSocket.on('error', () => undefined)
  webSocket.once('close', () => {
    clearInterval(greeter)
    clearInterval(pinger)
    connection.closed()
  })

  // Room for connections is for clients, not for whoever opens sockets.
  const greeter = setInterval(() => {
    if (connection.peerCount > 0) clearInterval(greeter)
    // An authenticator that was asked answers in time, or is too late by itself.
    else if ([...connection.hellos].length === 0) webSocket.close(1008, 'hello timeout')
  }, helloTimeoutMs).unref()

  let alive = true
  const pinger = setInterval(() => {
    if (!alive) {
      webSocket.terminate()
      return
    }
    alive = false
    webSocket.ping()
  }, pingIntervalMs).unref()
  for (const event of ['pong', 'ping', 'message']) {
    webSocket.on(event, () => {
      alive = true
    })
  }
}

function textOf(data: RawData): string {
  if (Array.isArray(data)) return Buffer.concat(data).toString()
  return (data instanceof ArrayBuffer ? Buffer.from(data) : data).toString()
}
