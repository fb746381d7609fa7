import { createCipheriv, createDecipheriv, hkdfSync, randomBytes } from 'node:crypto'

/** The answer to a refresh, kept for the grace window. */
export interface SealedAnswer {
  readonly accessToken: string
  readonly refreshToken: string
  /** When the access token ends, milliseconds since the epoch. */
  readonly accessExpiresAt: number
  readonly scope: readonly string[]
}

const INFO = 'portcullis refresh grace 1'
const IV_BYTES = 12
const TAG_BYTES = 16

/**
 * Encrypts an answer (AES-256-GCM) with a key derived from the refresh token that it answers (HKDF-SHA-256). The store
 * holds no refresh token, so whoever reads it alone cannot open this.
 */
export function sealAnswer(answer: SealedAnswer, refreshToken: string, familyId: string): string {
  const iv = randomBytes(IV_BYTES)
  const cipher = createCipheriv('aes-256-gcm', keyOf(refreshToken, familyId), iv)
  const text = Buffer.concat([cipher.update(JSON.stringify(answer), 'utf8'), cipher.final()])
  return Buffer.concat([iv, cipher.getAuthTag(), text]).toString('base64url')
}

/** Opens what {@link sealAnswer} made with the same token; null when it was another one, or was tampered with. */
export function openAnswer(sealed: string, refreshToken: string, familyId: string): SealedAnswer | null {
  const bytes = Buffer.from(sealed, 'base64url')
  if (bytes.length < IV_BYTES + TAG_BYTES) return null
  const decipher = createDecipheriv(
    'aes-256-gcm',
    keyOf(refreshToken, familyId),
    bytes.subarray(0, IV_BYTES),
  ).setAuthTag(bytes.subarray(IV_BYTES, IV_BYTES + TAG_BYTES))
  try {
    const text = Buffer.concat([decipher.update(bytes.subarray(IV_BYTES + TAG_BYTES)), decipher.final()])
    return JSON.parse(text.toString('utf8')) as SealedAnswer
  } catch {
    return null
  }
}

function keyOf(refreshToken: string, familyId: string): Uint8Array {
  return new Uint8Array(hkdfSync('sha256', refreshToken, familyId, INFO, 32))
}
