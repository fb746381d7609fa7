const UNITS = [
  ['day', 86_400],
  ['hour', 3600],
  ['minute', 60],
  ['second', 1],
] as const

/** A length of time in its two largest units, such as `2 hours 5 minutes`. */
export function lengthInWords(ms: number): string {
  let seconds = Math.round(Math.abs(ms) / 1000)
  if (!Number.isFinite(seconds)) return 'for ever'
  const parts: string[] = []
  for (const [name, size] of UNITS) {
    const count = Math.floor(seconds / size)
    if (count === 0 && (parts.length > 0 || name !== 'second')) {
      if (parts.length > 0) break
      continue
    }
    parts.push(`${count} ${name}${count === 1 ? '' : 's'}`)
    seconds -= count * size
    if (parts.length === 2 || seconds === 0) break
  }
  return parts.join(' ')
}

/** When something is, seen from now: `in 14 minutes`, `3 days ago`, `now`. */
export function timeInWords(atMs: number, nowMs: number): string {
  const difference = atMs - nowMs
  if (Math.abs(difference) < 500) return 'now'
  return difference > 0 ? `in ${lengthInWords(difference)}` : `${lengthInWords(difference)} ago`
}

/** An instant for people: the time itself, and how far away it is. */
export function instantInWords(atMs: number, nowMs: number): string {
  const date = new Date(atMs)
  if (Number.isNaN(date.getTime())) return 'no time that a clock can show'
  return `${date.toISOString()} (${timeInWords(atMs, nowMs)})`
}
