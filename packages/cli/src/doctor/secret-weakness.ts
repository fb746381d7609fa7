/** Tokens that stand in public, and what follows them in documentation. */
export const PUBLIC_TOKENS: readonly string[] = ['portcullis-internal-development-token']

/** Shortest secret, bytes. */
const MIN_BYTES = 32

/** Fewer bits than this can be guessed. */
const MIN_BITS = 96

const PLACEHOLDER =
  /change-?me|replace-?(?:me|this)|your[-_ ]?secret|example|password|secret|development|placeholder|12345678|qwerty/i

/**
 * Why a secret is weak, or null when nothing says so. That it is strong cannot be seen: only that it is short, known, made of
 * words or full of repetitions. The answer never repeats it.
 */
export function weaknessOf(secret: string): string | null {
  if (PUBLIC_TOKENS.includes(secret)) return 'is the development token, which everybody knows'
  const bytes = Buffer.byteLength(secret)
  if (bytes < MIN_BYTES) return `has only ${bytes} bytes, and needs ${MIN_BYTES}`
  if (PLACEHOLDER.test(secret)) return 'looks like a placeholder'
  if (isWordy(secret)) return 'looks like words and not like random bytes'
  const bits = Math.floor(guessableBits(secret))
  return bits < MIN_BITS ? `repeats itself: it is worth about ${bits} bits` : null
}

/** Three words or more with something between them. */
function isWordy(text: string): boolean {
  const parts = text.split(/[-_ .]+/).filter((part) => part !== '')
  return parts.length >= 3 && parts.every((part) => /^(?:[A-Z]?[a-z]{1,20}|[A-Z]{1,20}|\d{1,4})$/.test(part))
}

/**
 * An upper estimate: the entropy of its characters, less what is a repetition of three characters, or a step on from the
 * character before.
 */
function guessableBits(text: string): number {
  const characters = Array.from(text)
  const counts = new Map<string, number>()
  for (const character of characters) counts.set(character, (counts.get(character) ?? 0) + 1)
  const perCharacter = [...counts.values()].reduce((sum, count) => {
    const share = count / characters.length
    return sum - share * Math.log2(share)
  }, 0)
  const triples = new Set(characters.slice(2).map((_, at) => characters.slice(at, at + 3).join('')))
  const codes = characters.map((character) => character.codePointAt(0) ?? 0)
  const steps = codes.slice(1).filter((code, at) => Math.abs(code - (codes[at] ?? 0)) <= 1).length
  const isFresh = triples.size / Math.max(1, characters.length - 2)
  const isFree = 1 - steps / Math.max(1, characters.length - 1)
  return perCharacter * characters.length * isFresh * Math.min(1, isFree * 1.25)
}
