/** A text after some rounds of percent-decoding, and where in the original text each of its characters began. */
export interface PercentLayer {
  readonly text: string
  /** One entry per character of `text`, plus the original length at the end. */
  readonly origins: Int32Array
}

/** The undecoded text. */
export function rawLayer(text: string): PercentLayer {
  return { text, origins: Int32Array.from({ length: text.length + 1 }, (_, index) => index) }
}

/**
 * Decodes one round of percent-encoding. `%2541` collapses in the same round, because every `25` after a percent sign
 * only says how often it was encoded. Returns null when there was nothing to decode.
 */
export function decodeLayer({ text, origins }: PercentLayer): PercentLayer | null {
  const decoded: string[] = []
  const starts: number[] = []
  let index = 0
  while (index < text.length) {
    const end = text[index] === '%' ? endOfEscape(text, index) : 0
    decoded.push(
      end > 0 ? String.fromCharCode(parseInt(text.slice(end - 2, end), 16)) : (text[index] as string),
    )
    starts.push(origins[index] as number)
    index = end > 0 ? end : index + 1
  }
  if (decoded.length === text.length) return null
  starts.push(origins[text.length] as number)
  return { text: decoded.join(''), origins: Int32Array.from(starts) }
}

/** Where the escape that begins at `start` ends, or 0 when none begins there. */
function endOfEscape(text: string, start: number): number {
  let at = start + 1
  while (text[at] === '2' && text[at + 1] === '5' && isHexPair(text, at + 2)) at += 2
  return isHexPair(text, at) ? at + 2 : 0
}

function isHexPair(text: string, at: number): boolean {
  return isHex(text.charCodeAt(at)) && isHex(text.charCodeAt(at + 1))
}

function isHex(code: number): boolean {
  return (code >= 0x30 && code <= 0x39) || (code >= 0x41 && code <= 0x46) || (code >= 0x61 && code <= 0x66)
}
