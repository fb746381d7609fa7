import { ClientError } from '../errors.ts'
import type { Settings } from '../options.ts'

// RFC 9110 §5.6.2 `token`, which is what RFC 6455 §4.1 allows in a sub-protocol.
const LEGAL = /^[\w!#$%&'*+\-.^`|~]+$/

/**
 * Asks for the token of the next connection; null means none. Rejects with `token_failed` or, for one that cannot be
 * sent, `token_invalid`. Neither quotes the token.
 */
export async function fetchToken(settings: Settings): Promise<string | null> {
  const token = await askForToken(settings)
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

async function askForToken({ getToken, tokenTimeoutMs }: Settings): Promise<unknown> {
  let timer: ReturnType<typeof setTimeout> | undefined
  try {
    return await Promise.race([
      getToken(),
      new Promise<never>((_resolve, reject) => {
        timer = setTimeout(() => {
          reject(new ClientError('token_failed', `getToken took longer than ${tokenTimeoutMs} ms`))
        }, tokenTimeoutMs)
      }),
    ])
  } catch (cause) {
    throw ClientError.is(cause) ? cause : new ClientError('token_failed', 'getToken failed', { cause })
  } finally {
    clearTimeout(timer)
  }
}
