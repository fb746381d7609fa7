import { randomBytes } from 'node:crypto'

/** A new secret: 256 random bits as 43 characters of base64url, which bcrypt reads whole (72 bytes at most). */
export function generateClientSecret(): string {
  return randomBytes(32).toString('base64url')
}
