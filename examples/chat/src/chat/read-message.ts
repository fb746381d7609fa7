import { LIMITS } from './limits.ts'
import type { ProblemCode, ToRoom } from './messages.ts'

/** A message that is not one of {@link ToRoom}. */
export interface Problem {
  problem: ProblemCode
  message: string
  ref?: string | undefined
}

const REF = /^[\w-]{1,64}$/
const KEY = /^[\w-]{16,64}$/
// Line breaks and tabs are fine in a text; other control characters and marks that turn the reading direction are not.
const UNWANTED = /[\p{Cc}\u202a-\u202e\u2066-\u2069]/gu
const UNWANTED_IN_TEXT = /(?![\n\t])[\p{Cc}\u202a-\u202e\u2066-\u2069]/gu

/** Checks and cleans what a stranger sent. Never throws. */
export function readMessage(value: unknown): ToRoom | Problem {
  if (typeof value !== 'object' || value === null) return invalid('a message must be an object')
  const { type, name, key, text, ref, on } = value as Record<string, unknown>
  if (ref !== undefined && !matches(ref, REF)) return invalid('ref must be 1 to 64 letters, digits, - or _')
  if (key !== undefined && !matches(key, KEY)) return invalid('key must be 16 to 64 letters, digits, - or _')
  switch (type) {
    case 'join':
    case 'here': {
      const cleaned = cleanName(name)
      return cleaned === null ? invalidName(ref) : { type, name: cleaned, key }
    }
    case 'say': {
      const cleanedText = cleanText(text)
      if (cleanedText === null) {
        return { problem: 'invalid_text', message: `a text has 1 to ${LIMITS.textLength} characters`, ref }
      }
      const cleaned = name === undefined ? undefined : cleanName(name)
      return cleaned === null ? invalidName(ref) : { type, text: cleanedText, ref, name: cleaned, key }
    }
    case 'typing':
      return typeof on === 'boolean' ? { type, on } : invalid('on must be a boolean')
    case 'leave':
      return { type }
    default:
      return invalid('type must be join, here, say, typing or leave')
  }
}

function matches(value: unknown, pattern: RegExp): value is string {
  return typeof value === 'string' && pattern.test(value)
}

function cleanName(name: unknown): string | null {
  if (typeof name !== 'string') return null
  const cleaned = name.replaceAll(UNWANTED, ' ').replaceAll(/\s+/g, ' ').trim()
  return cleaned === '' || cleaned.length > LIMITS.nameLength ? null : cleaned
}

function cleanText(text: unknown): string | null {
  if (typeof text !== 'string') return null
  const cleaned = text.replaceAll(UNWANTED_IN_TEXT, '').trim()
  return cleaned === '' || cleaned.length > LIMITS.textLength ? null : cleaned
}

function invalid(message: string): Problem {
  return { problem: 'invalid_message', message }
}

function invalidName(ref: string | undefined): Problem {
  return { problem: 'invalid_name', message: `a name has 1 to ${LIMITS.nameLength} characters`, ref }
}
