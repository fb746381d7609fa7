/** Returns `value` or its default; throws a `TypeError` naming the option unless it is an integer in the range. */
export function integerOption(
  name: string,
  value: number | undefined,
  fallback: number,
  min: number,
  max: number = Number.MAX_SAFE_INTEGER,
): number {
  const chosen = value ?? fallback
  if (!Number.isInteger(chosen) || chosen < min || chosen > max) {
    throw new TypeError(`"${name}" must be an integer between ${min} and ${max}`)
  }
  return chosen
}
