// A process of its own, since both ends of 10 000 sockets are too many files for one: opens as many WebSockets as it is
// told to, hands on what comes over them, and ends when its parent does.
import { once } from 'node:events'
import { connect } from 'node:net'

const HANDSHAKE = [
  'GET /ws HTTP/1.1',
  'Host: 127.0.0.1',
  'Upgrade: websocket',
  'Connection: Upgrade',
  'Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==',
  'Sec-WebSocket-Version: 13',
  '\r\n',
].join('\r\n')

let open = 0
process.on('disconnect', () => process.exit())
process.on('message', ({ port, count }) => void openMore(port, count))

async function openMore(port, count) {
  await Promise.all(
    Array.from({ length: count }, async () => {
      const socket = connect({ port, host: '127.0.0.1' })
      socket.on('error', (error) => process.send({ error: String(error) }))
      await once(socket, 'connect')
      socket.write(HANDSHAKE)
      const [answer] = await once(socket, 'data')
      if (!String(answer).startsWith('HTTP/1.1 101')) process.send({ error: String(answer) })
      // Frames this short have a head of two bytes.
      socket.on('data', (chunk) => process.send({ received: chunk.subarray(2).toString() }))
      open += 1
    }),
  )
  process.send({ open })
}
