import { createHash, randomBytes } from 'node:crypto'

/** What is kept in place of a text, which then takes the same room whatever it is. */
export function digestOf(text: string): string {
  return createHash('sha256').update(text, 'utf8').digest('base64url')
}

/** 256 random bits, which need no slow hash: nobody guesses them. */
export function newSecret(): string {
  return randomBytes(32).toString('base64url')
}

/** An id that is in nobody's way in URLs and command lines: 16 hexadecimal digits. */
export function newId(): string {
  return randomBytes(8).toString('hex')
}

/** What {@link newSecret} makes. */
export const SECRET: RegExp = /^[A-Za-z0-9_-]{43}$/
