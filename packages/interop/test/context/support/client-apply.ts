import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'

/** The function of the real client that applies a delta to its copy, taken out of its build. */
export function clientApply(): (context: unknown, delta: unknown) => unknown {
  const entry = createRequire(import.meta.url).resolve('@interopio/core')
  const text = readFileSync(join(dirname(entry), 'core.es.js'), 'utf8')
  const start = text.indexOf('function applyContextDelta(')
  const end = text.indexOf('class GW3Bridge')
  if (start < 0 || end < start) throw new Error('the client is built differently')
  // oxlint-disable-next-line typescript/no-implied-eval
  const make = new Function(
    'distExports',
    'cloneDeep',
    `'use strict'; ${text.slice(start, end)}; return applyContextDelta`,
  )
  const traces = { removePropagationInfo: () => undefined }
  return make({ Traces: traces }, structuredClone) as (context: unknown, delta: unknown) => unknown
}
