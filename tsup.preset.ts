import type { Options } from 'tsup'
import { writeTypes } from './tsup.types.ts'

/**
 * The one build shape of this repository: ESM for Node 20 with declarations, one entry per export of the package.
 * `dts: false` makes no declarations, `dts.entry` those of some entries.
 */
export function preset(entry: Record<string, string>, { dts, ...overrides }: Options = {}): Options {
  return {
    entry,
    format: 'esm',
    target: 'node20',
    splitting: true,
    sourcemap: true,
    clean: true,
    ...(dts !== false && { onSuccess: () => writeTypes(typedEntries(entry, dts)) }),
    ...overrides,
  }
}

function typedEntries(entry: Record<string, string>, dts: Options['dts']): Record<string, string> {
  return typeof dts === 'object' ? ((dts.entry as Record<string, string> | undefined) ?? entry) : entry
}
