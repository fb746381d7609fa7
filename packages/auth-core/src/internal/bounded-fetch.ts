import type { FetchImplementation } from 'jose'
import type { EgressFetch } from '../egress/egress-fetch.ts'

/** Limits of one key download. */
export interface FetchLimits {
  maxBytes: number
  maxKeys: number
}

const JSON_TYPE = /^application\/(?:[\w.+-]+\+)?json\s*(?:;|$)/i

/**
 * A fetch for jose that hands on only a complete JSON key set within the limits. The caller's signal covers the body
 * too. Redirects arrive as their status, because jose asks for `redirect: 'manual'`, and are refused like any other.
 */
export function boundedFetch(limits: FetchLimits, download: EgressFetch = fetch): FetchImplementation {
  return async (url, options) => {
    const response = await download(url, options)
    try {
      if (response.status !== 200) throw new Error(`the key endpoint answered ${response.status}`)
      if (!JSON_TYPE.test(response.headers.get('content-type') ?? '')) {
        throw new Error('the key endpoint did not answer with JSON')
      }
      const text = await readText(response, limits.maxBytes)
      assertKeySet(text, limits.maxKeys)
      return new Response(text, { status: 200 })
    } catch (error) {
      // Frees the connection of a body that will not be read; that it may be gone already is no further news.
      await response.body?.cancel().catch(() => undefined)
      throw error
    }
  }
}

async function readText(response: Response, maxBytes: number): Promise<string> {
  const chunks: Uint8Array[] = []
  let size = 0
  const reader = response.body?.getReader()
  if (reader === undefined) return ''
  try {
    for (;;) {
      const { done, value } = await reader.read()
      if (done) return Buffer.concat(chunks).toString('utf8')
      size += value.byteLength
      if (size > maxBytes) throw new Error(`the key set is larger than ${maxBytes} bytes`)
      chunks.push(value)
    }
  } finally {
    reader.releaseLock()
  }
}

function assertKeySet(text: string, maxKeys: number): void {
  let keys: unknown
  try {
    keys = (JSON.parse(text) as { keys?: unknown } | null)?.keys
  } catch {
    // The parser's message quotes the document, which is not ours to log.
    throw new Error('the key endpoint answered with malformed JSON')
  }
  if (!Array.isArray(keys)) throw new Error('the key endpoint did not answer with a key set')
  if (keys.length > maxKeys) throw new Error(`the key set has more than ${maxKeys} keys`)
}
