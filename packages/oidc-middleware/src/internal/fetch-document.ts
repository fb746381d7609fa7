import type { EgressFetch } from '@portcullis/auth-core'

const MAX_BYTES = 262_144
const JSON_TYPE = /^application\/(?:[\w.+-]+\+)?json\s*(?:;|$)/i

/**
 * Downloads a JSON object of at most 256 KiB. Redirects are refused: they would leave the origin that was configured.
 *
 * @throws Error with a fixed text, which quotes nothing of the answer
 */
export async function fetchDocument(
  url: URL,
  signal: AbortSignal,
  download: EgressFetch = fetch,
): Promise<Record<string, unknown>> {
  const headers = new Headers({ accept: 'application/json' })
  const response = await download(url.href, { method: 'GET', headers, redirect: 'manual', signal })
  try {
    if (response.status !== 200) throw new Error(`the metadata endpoint answered ${response.status}`)
    if (!JSON_TYPE.test(response.headers.get('content-type') ?? '')) {
      throw new Error('the metadata endpoint did not answer with JSON')
    }
    return parseObject(await readText(response))
  } catch (error) {
    // Frees the connection of a body that will not be read; that it may be gone already is no further news.
    await response.body?.cancel().catch(() => undefined)
    throw error
  }
}

async function readText(response: Response): Promise<string> {
  const chunks: Uint8Array[] = []
  let size = 0
  const reader = response.body?.getReader()
  if (reader === undefined) return ''
  try {
    for (;;) {
      const { done, value } = await reader.read()
      if (done) return Buffer.concat(chunks).toString('utf8')
      size += value.byteLength
      if (size > MAX_BYTES) throw new Error(`the metadata is larger than ${MAX_BYTES} bytes`)
      chunks.push(value)
    }
  } finally {
    reader.releaseLock()
  }
}

function parseObject(text: string): Record<string, unknown> {
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch {
    // The parser's message quotes the document, which is not ours to log.
    throw new Error('the metadata endpoint answered with malformed JSON')
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    throw new Error('the metadata is not an object')
  }
  return value as Record<string, unknown>
}
