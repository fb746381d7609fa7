// C0 and C1 controls and DEL steer a terminal; bidirectional marks and line separators make a line read as another one.
const UNSAFE = /[\p{Cc}\p{Zl}\p{Zp}\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]/gu

/**
 * A text as it may stand in one line of a terminal, whoever wrote it: what steers a terminal or forges lines is shown as
 * `\u001b` instead.
 */
export function safeText(text: string): string {
  return text.toWellFormed().replace(UNSAFE, escaped)
}

/** JSON that may be printed to a terminal, and parses to the same value. */
export function safeJson(value: unknown): string {
  const text = JSON.stringify(value, null, 2) ?? 'null'
  // Line feeds are the layout's own: those of texts are escaped already.
  return text.replace(UNSAFE, (character) => (character === '\n' ? character : escaped(character)))
}

function escaped(character: string): string {
  return `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`
}
