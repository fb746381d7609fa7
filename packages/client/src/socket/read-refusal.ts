import type { IncomingMessage } from 'node:http'
import type { Refusal } from './socket.ts'

const MAX_BODY_BYTES = 4096
const MAX_RETRY_AFTER_S = 300

/** Reads what a refused upgrade says about itself. Resolves with the status alone when the body is of no use. */
export async function readRefusal(response: IncomingMessage): Promise<Refusal> {
  const refusal: Refusal = { statusCode: response.statusCode ?? 0 }
  const seconds = Number(response.headers['retry-after'])
  // The other form of the header, a date, reads as NaN.
  if (seconds > 0) refusal.retryAfterMs = Math.min(seconds, MAX_RETRY_AFTER_S) * 1000
  try {
    const body = JSON.parse(await readBody(response)) as { code?: unknown; message?: unknown } | null
    if (typeof body?.code === 'string') refusal.code = body.code
    if (typeof body?.message === 'string') refusal.message = body.message
  } catch {
    // A proxy's HTML page, or cut short: the status has to do.
  }
  return refusal
}

async function readBody(response: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = []
  let size = 0
  for await (const chunk of response as AsyncIterable<Buffer>) {
    size += chunk.byteLength
    if (size > MAX_BODY_BYTES) throw new Error('body too long')
    chunks.push(chunk)
  }
  return Buffer.concat(chunks).toString()
}
