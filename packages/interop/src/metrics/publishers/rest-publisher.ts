import { type Publisher, PublishFailure } from './publisher.ts'

export interface RestSettings {
  readonly endpoint: URL
  readonly headers: Headers
  /** Given with every update, or with the login where there is one. */
  readonly authorization: string | undefined
  /** Asked for a session before the first update, and again when an update is refused with 401 or 403. */
  readonly login: URL | undefined
  readonly fetch: typeof globalThis.fetch
}

const MAX_ANSWER_BYTES = 65_536
const MAX_COOKIES = 20
const MAX_COOKIE_LENGTH = 4096

/**
 * Posts each update as JSON. Any 2xx answer is success; 408, 429, 5xx and failures of the network can be tried again; anything
 * else, redirects included, refuses the update for good.
 *
 * With a login, `GET` of its URL comes first, with the authorization if there is one; the cookies of the answer go with the
 * updates.
 */
export function createRestPublisher({
  endpoint,
  login,
  authorization,
  ...settings
}: RestSettings): Publisher {
  let session: string | undefined

  async function ask(url: URL, init: RequestInit, signal: AbortSignal): Promise<Response> {
    try {
      const response = await settings.fetch(url, { ...init, redirect: 'manual', signal })
      await drain(response)
      return response
    } catch (error) {
      // The message of the cause may hold the URL, and with it what is secret of it.
      throw new PublishFailure(`the endpoint cannot be reached (${codeOf(error)})`, { temporary: true })
    }
  }

  async function logIn(url: URL, signal: AbortSignal): Promise<string> {
    const headers = new Headers(settings.headers)
    if (authorization !== undefined) headers.set('authorization', authorization)
    const response = await ask(url, { headers }, signal)
    if (response.status >= 400) throw unwanted('the login', response.status)
    return cookiesOf(response)
  }

  function post(body: string, signal: AbortSignal): Promise<Response> {
    const headers = new Headers(settings.headers)
    headers.set('content-type', 'application/json')
    if (login === undefined && authorization !== undefined) headers.set('authorization', authorization)
    if (session !== undefined && session !== '') headers.set('cookie', session)
    return ask(endpoint, { method: 'POST', headers, body }, signal)
  }

  return {
    async publish(update, signal) {
      const body = JSON.stringify(update)
      if (login !== undefined) session ??= await logIn(login, signal)
      let { status } = await post(body, signal)
      if (login !== undefined && (status === 401 || status === 403)) {
        session = await logIn(login, signal)
        ;({ status } = await post(body, signal))
      }
      if (status < 200 || status > 299) throw unwanted('the endpoint', status)
    },
  }
}

function unwanted(who: string, status: number): PublishFailure {
  return new PublishFailure(`${who} answered ${status}`, {
    temporary: status === 408 || status === 429 || status >= 500,
  })
}

/** Reads what there is to read, so that the connection can be used again; not more than is sensible. */
async function drain(response: Response): Promise<void> {
  if (response.body === null) return
  const reader = response.body.getReader()
  let bytes = 0
  while (bytes <= MAX_ANSWER_BYTES) {
    const { done, value } = await reader.read()
    if (done) return
    bytes += (value as Uint8Array).byteLength
  }
  await reader.cancel()
}

function cookiesOf(response: Response): string {
  return response.headers
    .getSetCookie()
    .map((cookie) => cookie.split(';', 1)[0] ?? '')
    .filter((cookie) => cookie.includes('=') && cookie.length <= MAX_COOKIE_LENGTH)
    .slice(0, MAX_COOKIES)
    .join('; ')
}

function codeOf(error: unknown): string {
  const { cause, name } = error as Error
  const code = (cause as NodeJS.ErrnoException | undefined)?.code
  return typeof code === 'string' ? code : name
}
