import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { JWK } from 'jose'

/** A key endpoint on loopback that can be made to misbehave. */
export interface JwksServer extends AsyncDisposable {
  readonly url: string
  /** Requests that arrived so far. */
  requests: number
  keys: JWK[]
  /** Replaces the answer while it is set. */
  answer: ((request: IncomingMessage, response: ServerResponse) => void) | undefined
  /** Stops listening and cuts every connection; the port stays this server's own. */
  close(): Promise<void>
  /** Listens again on the same port. */
  reopen(): Promise<void>
}

export async function startJwksServer(keys: JWK[]): Promise<JwksServer> {
  const http = createServer((request, response) => {
    state.requests += 1
    if (state.answer !== undefined) {
      state.answer(request, response)
      return
    }
    response.setHeader('content-type', 'application/jwk-set+json')
    response.end(JSON.stringify({ keys: state.keys }))
  })
  const listen = (port: number): Promise<void> =>
    new Promise((resolve, reject) => {
      http.once('error', reject)
      http.listen(port, '127.0.0.1', resolve)
    })
  await listen(0)
  const { port } = http.address() as AddressInfo
  const state: JwksServer = {
    url: `http://127.0.0.1:${port}/jwks`,
    requests: 0,
    keys,
    answer: undefined,
    async close() {
      if (!http.listening) return
      await new Promise((resolve) => {
        http.close(resolve)
        http.closeAllConnections()
      })
    },
    reopen: () => listen(port),
    async [Symbol.asyncDispose]() {
      await state.close()
    },
  }
  return state
}
