import type { RunningProcess } from '@portcullis/test-servers'

/** What the API of a control plane answered. */
export interface Answer {
  status: number
  /** Parsed JSON; null for an empty body. */
  body: Record<string, unknown>
  headers: Headers
}

/** An open session, as far as tests read it. */
export interface SeenSession {
  sessionId: string
  gatewayId: string
  projectId: string
  userId: string | null
  host: string
  received: number
  delivered: number
}

/** Somebody with an API key at a control plane. */
export class Operator {
  readonly url: string
  readonly #apiKey: string

  constructor(url: string, apiKey: string) {
    this.url = url
    this.#apiKey = apiKey
  }

  /** The same person at another control plane of the same database. */
  at(url: string): Operator {
    return new Operator(url, this.#apiKey)
  }

  async ask(
    method: string,
    path: string,
    body?: unknown,
    headers: Record<string, string> = {},
  ): Promise<Answer> {
    const response = await fetch(`${this.url}/api${path}`, {
      method,
      headers: {
        authorization: `Bearer ${this.#apiKey}`,
        ...(body !== undefined && { 'content-type': 'application/json' }),
        ...headers,
      },
      ...(body !== undefined && { body: JSON.stringify(body) }),
    })
    const text = await response.text()
    return {
      status: response.status,
      body: (text === '' ? null : JSON.parse(text)) as Record<string, unknown>,
      headers: response.headers,
    }
  }

  /** As `ask`, for what has to work. */
  async do(method: string, path: string, body?: unknown, headers?: Record<string, string>): Promise<Answer> {
    const answer = await this.ask(method, path, body, headers)
    if (answer.status < 300) return answer
    throw new Error(`${method} ${path} was answered with ${answer.status} ${JSON.stringify(answer.body)}`)
  }

  /** Changes a resource that has a version. */
  async change(path: string, changes: object): Promise<Answer> {
    return this.do('PATCH', path, changes, await this.#current(path))
  }

  async remove(path: string): Promise<Answer> {
    return this.do('DELETE', path, undefined, await this.#current(path))
  }

  async items<Item>(path: string): Promise<Item[]> {
    return (await this.do('GET', path)).body['items'] as Item[]
  }

  sessions(workspaceId: string): Promise<SeenSession[]> {
    return this.items(`/workspaces/${workspaceId}/sessions`)
  }

  async #current(path: string): Promise<Record<string, string>> {
    const etag = (await this.do('GET', path)).headers.get('etag')
    return etag === null ? {} : { 'if-match': etag }
  }
}

/** Follows the set-up link that a control plane with an empty database prints. */
export async function becomeOperator(controlPlane: RunningProcess, url: string): Promise<Operator> {
  const [, token] = await controlPlane.waitForOutput(/https?:\/\/\S+#(?:token=)?([A-Za-z0-9_-]{20,})/)
  const response = await fetch(`${url}/api/setup`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ token, name: 'operator of a test' }),
  })
  const { apiKey } = (await response.json()) as { apiKey?: string }
  if (response.status !== 201 || apiKey === undefined)
    throw new Error(`set-up failed with ${response.status}`)
  return new Operator(url, apiKey)
}
