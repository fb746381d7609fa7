import { WebSocket } from 'ws'
import { readRefusal } from './read-refusal.ts'
import type { OpenSocket, Refusal } from './socket.ts'

// Of a server that has lost its mind. The relay's own limit is far below.
const MAX_MESSAGE_BYTES = 16 * 1024 * 1024

/** Opens a socket with `ws`. */
export const openNodeSocket: OpenSocket = (url, protocols, events) => {
  const socket = new WebSocket(url, protocols, { perMessageDeflate: false, maxPayload: MAX_MESSAGE_BYTES })
  let refusal: Refusal | undefined
  let cause: unknown

  socket.on('error', (error) => {
    cause ??= error
  })
  socket.on('unexpected-response', (_request, response) => {
    void readRefusal(response).then((read) => {
      refusal = read
      socket.terminate()
    })
  })
  socket.on('open', () => events.open())
  socket.on('message', (data, isBinary) => {
    if (isBinary) events.binary()
    // With the default binaryType a message is one Buffer.
    else events.text((data as Buffer).toString())
  })
  socket.on('close', (closeCode, reason) => {
    events.end(refusal ? { refusal } : { closeCode, reason: reason.toString(), cause })
  })

  return {
    // A failed write is followed by `close`, which is where it is dealt with.
    send: (text) => socket.send(text, () => {}),
    close: () => socket.close(1000),
    terminate: () => socket.terminate(),
  }
}
