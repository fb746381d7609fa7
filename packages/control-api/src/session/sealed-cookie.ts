import { createCipheriv, createDecipheriv, hkdfSync, randomBytes } from 'node:crypto'

const NONCE_BYTES = 12
const TAG_BYTES = 16

/** Seals texts that a browser keeps for a while, and that nobody but a process with the same key reads or changes. */
export interface Seal {
  /** @param ttlMs - milliseconds until it opens no longer */
  seal(text: string, ttlMs: number): string
  /** Null for what was not sealed here, was changed, or is too old. */
  open(sealed: string): string | null
}

/**
 * AES-256-GCM with a random nonce: `nonce + ciphertext + tag` in base64url. The time until which it opens is sealed too.
 *
 * @param key - 32 bytes, from which a key for this purpose alone is derived
 * @see NIST SP 800-38D, RFC 5869
 */
export function createSeal(key: Uint8Array, purpose: string): Seal {
  const own = Buffer.from(hkdfSync('sha256', key, '', `portcullis ${purpose}`, 32))
  return {
    seal(text, ttlMs) {
      const nonce = randomBytes(NONCE_BYTES)
      const cipher = createCipheriv('aes-256-gcm', own, nonce)
      const body = JSON.stringify([Date.now() + ttlMs, text])
      const bytes = [nonce, cipher.update(body, 'utf8'), cipher.final(), cipher.getAuthTag()]
      return Buffer.concat(bytes).toString('base64url')
    },
    open(sealed) {
      const bytes = Buffer.from(sealed, 'base64url')
      if (bytes.byteLength < NONCE_BYTES + TAG_BYTES) return null
      try {
        const nonce = bytes.subarray(0, NONCE_BYTES)
        const decipher = createDecipheriv('aes-256-gcm', own, nonce, { authTagLength: TAG_BYTES })
        decipher.setAuthTag(bytes.subarray(-TAG_BYTES))
        const body = decipher.update(bytes.subarray(NONCE_BYTES, -TAG_BYTES), undefined, 'utf8')
        const [until, text] = JSON.parse(body + decipher.final('utf8')) as [number, string]
        return until > Date.now() ? text : null
      } catch {
        return null
      }
    },
  }
}
