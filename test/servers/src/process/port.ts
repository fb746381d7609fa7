import { createServer } from 'node:net'
import type { AddressInfo } from 'node:net'

const given = new Set<number>()

/** A loopback TCP port that is free now, and that this process has not been given before. */
export async function freePort(): Promise<number> {
  for (;;) {
    const port = await askSystem()
    if (given.has(port)) continue
    given.add(port)
    return port
  }
}

function askSystem(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer()
    server.once('error', reject)
    server.listen(0, '127.0.0.1', () => {
      const { port } = server.address() as AddressInfo
      server.close(() => resolve(port))
    })
  })
}
