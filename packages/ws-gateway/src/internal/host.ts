import { parseHost } from '@portcullis/auth-core'

const ASCII = /^[\x21-\x7e]+$/

/**
 * The one form of a `Host` header value, or null when it has none. Others than ASCII have none here: which of those mean the
 * same depends on the version of Unicode, and a control plane may have another one. What is kept for one host must not answer
 * for what it takes for two.
 */
export function readHost(value: string): string | null {
  return ASCII.test(value) ? parseHost(value) : null
}

/** Whether a normalised host is one of the patterns; `*.` stands for exactly one label. */
export function matchesHost(patterns: readonly string[], host: string): boolean {
  if (patterns.includes(host)) return true
  const dot = host.indexOf('.')
  return dot > 0 && patterns.includes(`*${host.slice(dot)}`)
}
