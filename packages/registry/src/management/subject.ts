/** Longest subject, characters. */
const MAX_SUBJECT = 512

// Control characters and halves of characters would be stored as something else, or forge lines of a list.
const SUBJECT = /^(user|email|machine):([^\p{Cc}\p{Zl}\p{Zp}\p{Cs}]+)$/u

// Of ASCII alone lower case is the same everywhere: the Kelvin sign becomes a "k" that somebody else has in their address.
const EMAIL = /^[\x21-\x3f\x41-\x7e]+@[\x21-\x3f\x41-\x7e]+$/

/** A subject in the one form in which it is kept and looked for, or null when it is none. */
export function normalizeSubject(subject: unknown): string | null {
  if (typeof subject !== 'string' || subject.length > MAX_SUBJECT) return null
  const match = SUBJECT.exec(subject)
  if (match === null) return null
  if (match[1] !== 'email') return subject
  return EMAIL.test(match[2] as string) ? subject.toLowerCase() : null
}
