import { InvalidArgumentError } from 'commander'

/** A parser of an option: a whole number within bounds. */
export function wholeNumber(min: number, max: number): (text: string) => number {
  return (text) => {
    const value = /^\d{1,15}$/.test(text) ? Number(text) : NaN
    if (Number.isNaN(value) || value < min || value > max) {
      throw new InvalidArgumentError(`It must be a whole number from ${min} to ${max}.`)
    }
    return value
  }
}

const UNIT_MS: Readonly<Record<string, number>> = { s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000 }

/** A parser of an option: a length of time such as `90s`, `15m`, `12h` or `30d`, in milliseconds. */
export function lengthOfTime(minMs: number, maxMs: number): (text: string) => number {
  return (text) => {
    const [, count, unit] = /^(\d{1,9})([smhd])$/.exec(text) ?? []
    const value = count === undefined || unit === undefined ? NaN : Number(count) * (UNIT_MS[unit] ?? NaN)
    if (Number.isNaN(value)) throw new InvalidArgumentError('It must be a time such as 90s, 15m, 12h or 30d.')
    if (value < minMs || value > maxMs) throw new InvalidArgumentError('It is too short or too long.')
    return value
  }
}

/** A parser of an option that may stand several times. */
export function several(text: string, previous: readonly string[] | undefined): readonly string[] {
  return [...(previous ?? []), text]
}

/** A parser of `name=value` options that may stand several times. */
export function nameAndValue(
  text: string,
  previous: ReadonlyMap<string, string> | undefined,
): ReadonlyMap<string, string> {
  const at = text.indexOf('=')
  if (at < 1) throw new InvalidArgumentError('It must be written as name=value.')
  const name = text.slice(0, at)
  if (previous?.has(name) === true) throw new InvalidArgumentError(`"${name}" is there twice.`)
  return new Map([...(previous ?? []), [name, text.slice(at + 1)]])
}

/** Seconds of `--timeout`, in milliseconds. */
export function timeoutSeconds(text: string): number {
  return wholeNumber(1, 600)(text) * 1000
}
