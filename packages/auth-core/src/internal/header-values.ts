import type { HeaderSource } from '../bearer/header-source.ts'

/** All values of one header, in order. `name` is lower case. */
export function headerValues(source: HeaderSource, name: string): string[] {
  if (Array.isArray(source)) return valuesOfRawHeaders(source, name)
  if (typeof (source as Headers).get === 'function' && typeof (source as Headers).append === 'function') {
    const joined = (source as Headers).get(name)
    return joined === null ? [] : [joined]
  }
  const found: string[] = []
  for (const [key, value] of Object.entries(source)) {
    if (value === undefined || value === null || key.toLowerCase() !== name) continue
    for (const one of Array.isArray(value) ? value : [value]) if (typeof one === 'string') found.push(one)
  }
  return found
}

function valuesOfRawHeaders(raw: readonly unknown[], name: string): string[] {
  const found: string[] = []
  for (let index = 0; index + 1 < raw.length; index += 2) {
    const [key, value] = [raw[index], raw[index + 1]]
    if (typeof key === 'string' && typeof value === 'string' && key.toLowerCase() === name) found.push(value)
  }
  return found
}
