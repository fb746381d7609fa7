import { ClientError } from '../errors.ts'
import type { Settings } from '../options.ts'

// RFC 9110 §5.6.2 `token`, which is what RFC 6455 §4.1 allows in a sub-protocol.
const LEGAL = /^[\w!#$%&'*+\-.^`|~]+$/

/**
 * Asks for a token; null means none. Rejects with `token_failed` or, for one that cannot be sent, `token_invalid`. Neither
 * quotes the token.
 *
 * @param signal aborted when nobody waits any more; then it rejects as well
 */
export async function fetchToken(settings: Settings, signal?: AbortSignal): Promise<string | null> {
  const token = await askForToken(settings, signal)
  if (token === null || token === undefined || token === '') return null
  if (typeof token !== 'string') {
    throw new ClientError('token_invalid', 'getToken must return a string or null')
  }
  if (!LEGAL.test(token)) {
    throw new ClientError(
      'token_invalid',
      'The token holds characters that a WebSocket sub-protocol cannot carry',
    )
  }
  return token
}

async function askForToken({ getToken, tokenTimeoutMs }: Settings, signal?: AbortSignal): Promise<unknown> {
  if (signal?.aborted) throw calledOff()
  let abort: (() => void) | undefined
  let timer: ReturnType<typeof setTimeout> | undefined
  try {
    return await Promise.race([
      getToken(),
      new Promise<never>((_resolve, reject) => {
        timer = setTimeout(() => {
          reject(new ClientError('token_failed', `getToken took longer than ${tokenTimeoutMs} ms`))
        }, tokenTimeoutMs)
        abort = () => reject(calledOff())
        signal?.addEventListener('abort', abort)
        // By getToken itself, which has been called by now.
        if (signal?.aborted) abort()
      }),
    ])
  } catch (cause) {
    throw ClientError.is(cause) ? cause : new ClientError('token_failed', 'getToken failed', { cause })
  } finally {
    clearTimeout(timer)
    if (abort) signal?.removeEventListener('abort', abort)
  }
}

function calledOff(): ClientError {
  return new ClientError('closed', 'Nobody waits for the token any more')
}
