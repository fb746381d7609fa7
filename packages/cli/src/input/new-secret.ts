import { randomBytes } from 'node:crypto'

/** A secret of 256 random bits, in letters that need no quotes anywhere. */
export function newSecret(): string {
  return randomBytes(32).toString('base64url')
}
