import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { exportJWK, generateKeyPair, SignJWT, type CryptoKey, type JWK, type JWTPayload } from 'jose'

/** An issuer on loopback: a key endpoint, metadata where they belong, and tokens signed with its newest key. */
export interface TestIssuer extends AsyncDisposable {
  /** `iss` and base URL, without a trailing slash. */
  readonly issuer: string
  readonly jwksUri: string
  /** Downloads of the key set so far. */
  downloads: number
  /** Paths of every other request so far. */
  readonly others: string[]
  /** Replaces every answer while it is set. */
  answer: ((request: IncomingMessage, response: ServerResponse) => void) | undefined
  /** Documents by path, beside the key set. */
  readonly documents: Map<string, unknown>
  /** Public keys as they are published. */
  keys: JWK[]
  /** Signs with a new key from now on; `publish: false` keeps the key set as it is. */
  rotate(options?: { alg?: string; publish?: boolean }): Promise<void>
  /** A token good for five minutes; `claims` and `header` win over what it has, undefined leaves out. */
  token(claims?: Record<string, unknown>, header?: Record<string, unknown>): Promise<string>
}

/** The audience of every token of a {@link TestIssuer}. */
export const AUDIENCE = 'my-app'

export async function startIssuer(alg = 'ES256'): Promise<TestIssuer> {
  const http = createServer((request, response) => {
    const path = request.url ?? '/'
    const isKeys = path === '/api/auth/jwks'
    if (isKeys) state.downloads += 1
    else state.others.push(path)
    if (state.answer !== undefined) {
      state.answer(request, response)
      return
    }
    const document = isKeys ? { keys: state.keys } : state.documents.get(path)
    response.statusCode = document === undefined ? 404 : 200
    response.setHeader('content-type', 'application/json')
    response.end(JSON.stringify(document ?? {}))
  })
  await new Promise<void>((resolve) => {
    http.listen(0, '127.0.0.1', resolve)
  })
  const issuer = `http://127.0.0.1:${(http.address() as AddressInfo).port}`
  let signing: { key: CryptoKey; alg: string; kid: string }
  let made = 0

  const state: TestIssuer = {
    issuer,
    jwksUri: `${issuer}/api/auth/jwks`,
    downloads: 0,
    others: [],
    answer: undefined,
    documents: new Map(),
    keys: [],
    async rotate({ alg: next = alg, publish = true } = {}) {
      const { publicKey, privateKey } = await generateKeyPair(next)
      made += 1
      signing = { key: privateKey, alg: next, kid: `key-${made}` }
      if (publish)
        state.keys = [...state.keys, { ...(await exportJWK(publicKey)), ...{ alg: next, kid: signing.kid } }]
    },
    async token(claims = {}, header = {}) {
      const now = Math.floor(Date.now() / 1000)
      const payload: JWTPayload = {
        iss: issuer,
        aud: AUDIENCE,
        sub: 'alice',
        iat: now,
        exp: now + 300,
        ...claims,
      }
      return new SignJWT(payload)
        .setProtectedHeader({ alg: signing.alg, kid: signing.kid, typ: 'JWT', ...header })
        .sign(signing.key)
    },
    async [Symbol.asyncDispose]() {
      http.closeAllConnections()
      await new Promise((resolve) => {
        http.close(resolve)
      })
    },
  }
  await state.rotate()
  return state
}
