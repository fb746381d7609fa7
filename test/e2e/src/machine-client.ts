/** What `POST /auth/register` answers. */
export interface Credentials {
  clientId: string
  clientSecret: string
  hostId: string
  namespaceId: string
}

/** What `POST /auth/token` and `/auth/refresh` answer. */
export interface TokenPair {
  accessToken: string
  refreshToken: string
  expiresIn: number
  tokenType: string
}

/** A JSON request to a gateway's HTTP side. */
export async function postJson(
  url: string,
  body: unknown,
  headers: Record<string, string> = {},
): Promise<{ status: number; headers: Headers; body: Record<string, unknown> }> {
  const response = await fetch(url, {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...headers },
    body: JSON.stringify(body),
  })
  const text = await response.text()
  return {
    status: response.status,
    headers: response.headers,
    body: text === '' ? {} : (JSON.parse(text) as Record<string, unknown>),
  }
}

/** Registers a client at a gateway, `http://127.0.0.1:4000`. */
export async function register(base: string, capabilities: string[] = ['execution']): Promise<Credentials> {
  const { status, body } = await postJson(`${base}/auth/register`, { name: 'agent', capabilities })
  if (status !== 201) throw new Error(`registration was answered with ${status}`)
  return body as unknown as Credentials
}

/** Takes tokens for a client; any gateway of the system will do. */
export async function takeTokens(base: string, { clientId, clientSecret }: Credentials): Promise<TokenPair> {
  const { status, body } = await postJson(`${base}/auth/token`, { clientId, clientSecret })
  if (status !== 200) throw new Error(`the token request was answered with ${status}`)
  return body as unknown as TokenPair
}
