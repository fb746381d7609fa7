import { readFileSync } from 'node:fs'

/** Of this application; undefined where its package.json is not beside it. */
export function readVersion(): string | undefined {
  try {
    // From the source as from what is built of it.
    const text = readFileSync(new URL('../package.json', import.meta.url), 'utf8')
    const { version } = JSON.parse(text) as { version?: unknown }
    return typeof version === 'string' ? version : undefined
  } catch {
    return undefined
  }
}
