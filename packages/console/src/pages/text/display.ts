// What turns the direction of the text around it, or is not to be seen: in a name it would make one thing look like another.
const UNSEEN = /[\p{Cc}\p{Zl}\p{Zp}\u00AD\u061C\u180E\u200B-\u200F\u202A-\u202E\u2060-\u2069\uFEFF]/gu

/** A name from outside as a single line: what could not be seen, or would turn the line around, is written as its number. */
export function visible(text: string): string {
  return text.replaceAll(
    UNSEEN,
    (character) => `\\u${(character.codePointAt(0) ?? 0).toString(16).padStart(4, '0')}`,
  )
}

/** Anything from outside as lines to read: JSON is indented, and each line is {@link visible}. */
export function pretty(value: unknown): string {
  return indented(value).split('\n').map(visible).join('\n')
}

function indented(value: unknown): string {
  if (typeof value !== 'string') return JSON.stringify(value, null, 2) ?? ''
  try {
    return JSON.stringify(JSON.parse(value), null, 2)
  } catch {
    return value
  }
}

/** A value on one line, for tables and differences. */
export function brief(value: unknown): string {
  if (value === null || value === undefined) return '–'
  if (typeof value === 'string') return visible(value)
  if (Array.isArray(value)) return value.length === 0 ? '–' : value.map(brief).join(', ')
  return visible(JSON.stringify(value) ?? '')
}

/** A text or a list of texts as a list. */
export function toList(value: string | readonly string[] | undefined): readonly string[] {
  if (value === undefined) return []
  return typeof value === 'string' ? [value] : value
}

/** A list as the API has it: one alone is a text, none is absent. */
export function fromList(list: readonly string[]): string | readonly string[] | undefined {
  return list.length <= 1 ? list[0] : list
}
