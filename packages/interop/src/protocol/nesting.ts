/**
 * Whether JSON text nests deeper than `max`: what is nested without bound overflows the stack of whoever walks it. Brackets
 * in strings do not count.
 */
export function nestsDeeperThan(text: string, max: number): boolean {
  // Most of what comes in is too short to nest that deep.
  if (text.length <= max) return false
  let depth = 0
  let inString = false
  for (let at = 0; at < text.length; at += 1) {
    const code = text.charCodeAt(at)
    if (inString) {
      if (code === 0x5c) at += 1
      else if (code === 0x22) inString = false
    } else if (code === 0x22) {
      inString = true
      // Strings are most of the text, and are skipped faster than they are read.
      const end = text.indexOf('"', at + 1)
      if (end > 0 && text.charCodeAt(end - 1) !== 0x5c) {
        at = end
        inString = false
      }
    } else if (code === 0x5b || code === 0x7b) {
      depth += 1
      if (depth > max) return true
    } else if (code === 0x5d || code === 0x7d) depth -= 1
  }
  return false
}
