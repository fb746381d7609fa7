import { connect } from '@nats-io/transport-node'
import { type WebSocket, WebSocketServer } from 'ws'

/**
 * What one would write by hand: frames over core NATS to a worker and back, one subscription per process, no
 * persistence, no acknowledgement. `node core-nats.ts gateway|worker`.
 */
const nc = await connect({ servers: process.env['NATS_URL'] ?? '', noAsyncTraces: true })

if (process.argv[2] === 'worker') {
  nc.subscribe('in.>', {
    callback: (_error, message) => nc.publish(`out.${message.subject.slice(3)}`, message.data),
  })
  console.log('port 0')
} else {
  const sockets = new Map<string, WebSocket>()
  let count = 0
  nc.subscribe('out.*', {
    callback: (_error, message) =>
      sockets.get(message.subject.slice(4))?.send(message.data, { binary: false }),
  })
  const server = new WebSocketServer({ port: 0, host: '127.0.0.1', perMessageDeflate: false })
  server.on('connection', (socket) => {
    const id = `s${(count += 1)}`
    sockets.set(id, socket)
    socket.on('close', () => sockets.delete(id))
    socket.on('message', (data) => {
      // The same work as any relay has to do before it may pass a frame on.
      JSON.parse((data as Buffer).toString())
      nc.publish(`in.${id}`, data as Buffer)
    })
  })
  server.on('listening', () => console.log(`port ${(server.address() as { port: number }).port}`))
}
