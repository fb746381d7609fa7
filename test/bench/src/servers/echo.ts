import { WebSocketServer } from 'ws'

/** The ceiling: a socket that sends back what it gets, in the same process. */
const server = new WebSocketServer({ port: 0, host: '127.0.0.1', perMessageDeflate: false })
server.on('connection', (socket) => {
  socket.on('message', (data) => socket.send(data, { binary: false }))
})
server.on('listening', () => console.log(`port ${(server.address() as { port: number }).port}`))
