import { createConnection } from 'node:net'

/** The part of a server's greeting that tests care for. */
export interface ServerInfo {
  version: string
  jetstream?: boolean
}

/** Connects to a nats-server on loopback and reads its first line, which every server sends before anything else. */
export function readServerInfo(port: number, timeoutMs: number = 5000): Promise<ServerInfo> {
  return new Promise((resolve, reject) => {
    let text = ''
    const socket = createConnection({ host: '127.0.0.1', port }).setEncoding('utf8').setTimeout(timeoutMs)
    const fail = (error: Error): void => {
      socket.destroy()
      reject(error)
    }
    socket.once('error', fail)
    socket.once('timeout', () => fail(new Error(`nothing from port ${port} within ${timeoutMs} ms`)))
    socket.once('end', () => fail(new Error(`port ${port} closed before it said INFO`)))
    socket.on('data', (chunk) => {
      text += chunk
      const info = /^INFO (\{.*\}) *\r\n/.exec(text)?.[1]
      if (info === undefined) return
      resolve(JSON.parse(info) as ServerInfo)
      socket.destroy()
    })
  })
}
