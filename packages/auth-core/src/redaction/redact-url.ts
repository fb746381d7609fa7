import { decodeLayer, rawLayer, type PercentLayer } from '../internal/percent-layer.ts'
import { isSensitiveName } from '../internal/sensitive-name.ts'

/** What stands where a secret was. */
export const REDACTED = '[redacted]'

/** Nobody encodes this often by accident; a text that is still encoded after so many rounds is hiding something. */
const MAX_ROUNDS = 6

const NAME_STARTS = '?&;#=/,|{}()<>"\'` '
// Not line breaks: URL parsers drop them, so one in the middle does not end the secret.
const VALUE_ENDS = /[& "<>`]/g

/**
 * Removes the values of parameters that may carry credentials (`token`, `access_token`, `refresh_token`, `id_token`,
 * `client_secret`, `ticket`, `password`, `code` …) and the user info from a URL or any text that contains one, such as
 * a log line.
 *
 * Names are recognised in any letter case and under any percent-encoding, in query, fragment, matrix parameters and
 * URLs nested inside parameters. When in doubt it removes too much: a value ends at the next literal `&`, space,
 * double quote or angle bracket only. Never throws, takes time linear in the length, and returns '' for anything but a string.
 *
 * @see CWE-532
 */
export function redactUrl(url: string): string {
  if (typeof url !== 'string') return ''
  const ranges: Range[] = []
  let layer: PercentLayer | null = rawLayer(url)
  for (let round = 0; layer !== null; round += 1) {
    if (round > MAX_ROUNDS) return `${url.slice(0, endOfPlainStart(url))}${REDACTED}`
    collectRanges(url, layer, ranges)
    layer = layer.text.includes('%') ? decodeLayer(layer) : null
  }
  return redactUserInfo(replaceRanges(url, ranges))
}

/** {@link redactUrl} under the name that the machine-token service promises. */
export const redactQueryToken: (url: string) => string = redactUrl

interface Range {
  start: number
  end: number
}

/** Finds `name=` in a decoded text and notes the extent of its value in the original one. */
function collectRanges(original: string, { text, origins }: PercentLayer, ranges: Range[]): void {
  let nameStart = 0
  let coveredUntil = -1
  for (let index = 0; index < text.length; index += 1) {
    const char = text[index] as string
    if (char === '=' && isSensitiveName(text.slice(nameStart, index))) {
      const start = origins[index + 1] as number
      // Values of one layer come in ascending order, so each character is searched once: linear on hostile input.
      if (start >= coveredUntil) {
        coveredUntil = endOfValue(original, start)
        ranges.push({ start, end: coveredUntil })
      }
    }
    if (NAME_STARTS.includes(char)) nameStart = index + 1
  }
}

/** Only literal delimiters end a value: an encoded one may well be part of the secret. */
function endOfValue(original: string, start: number): number {
  VALUE_ENDS.lastIndex = start
  return VALUE_ENDS.exec(original)?.index ?? original.length
}

function replaceRanges(original: string, ranges: Range[]): string {
  ranges.sort((a, b) => a.start - b.start)
  let result = ''
  let at = 0
  for (const { start, end } of ranges) {
    if (end < at) continue
    if (start >= at) result += original.slice(at, start) + (end > start ? REDACTED : '')
    at = end
  }
  return result + original.slice(at)
}

function redactUserInfo(url: string): string {
  return url.replace(/\/\/[^/?#\s]*@/g, `//${REDACTED}@`)
}

function endOfPlainStart(url: string): number {
  const at = url.search(/[?#;%]/)
  return at < 0 ? 0 : at
}
