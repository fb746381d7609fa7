const SECOND = 1000
const MINUTE = 60 * SECOND
const HOUR = 60 * MINUTE
const DAY = 24 * HOUR

/** A span in its two largest units: `4 s`, `12 min`, `3 h 20 min`, `5 d 2 h`. */
export function duration(ms: number): string {
  const left = Math.max(0, ms)
  if (left < MINUTE) return `${Math.floor(left / SECOND)} s`
  if (left < HOUR) return `${Math.floor(left / MINUTE)} min`
  if (left < DAY) return pair(left, HOUR, 'h', MINUTE, 'min')
  return pair(left, DAY, 'd', HOUR, 'h')
}

function pair(ms: number, large: number, largeName: string, small: number, smallName: string): string {
  const rest = Math.floor((ms % large) / small)
  const whole = `${Math.floor(ms / large)} ${largeName}`
  return rest === 0 ? whole : `${whole} ${rest} ${smallName}`
}

/** A moment seen from now: `now`, `5 min ago`, `in 2 h`. A few seconds are the same to whoever reads it. */
export function relative(at: string, nowMs: number): string {
  const ms = nowMs - Date.parse(at)
  if (Number.isNaN(ms)) return 'unknown'
  if (Math.abs(ms) < 5 * SECOND) return 'now'
  return ms > 0 ? `${duration(ms)} ago` : `in ${duration(-ms)}`
}

/** `0 B`, `812 B`, `4.2 KB`, `1.1 MB`. */
export function bytes(size: number): string {
  if (size < 1024) return `${size} B`
  return size < 1024 * 1024 ? `${round(size / 1024)} KB` : `${round(size / 1024 / 1024)} MB`
}

/** A number for a tile: thousands apart, small rates with a decimal. */
export function amount(value: number): string {
  if (!Number.isFinite(value)) return '–'
  const digits = Math.abs(value) < 10 && !Number.isInteger(value) ? 1 : 0
  return value.toLocaleString('en', { maximumFractionDigits: digits })
}

/** Milliseconds for a tile; a dash for none. */
export function latency(ms: number | null | undefined): string {
  if (ms === null || ms === undefined) return '–'
  if (ms >= 1000) return `${round(ms / 1000)} s`
  return `${ms < 10 ? round(ms) : Math.round(ms)} ms`
}

/** `1 project`, `2 projects`. */
export function count(items: number, one: string, many: string = `${one}s`): string {
  return `${items.toLocaleString('en')} ${items === 1 ? one : many}`
}

function round(value: number): string {
  return (Math.round(value * 10) / 10).toString()
}
