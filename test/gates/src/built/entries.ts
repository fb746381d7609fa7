import { codeExports } from '../repo/workspace.ts'
import type { ExportTarget, Manifest } from '../repo/workspace.ts'

/** A built module that some consumer of an export gets, and under which conditions. */
export interface BuiltEntry {
  readonly key: string
  readonly conditions: readonly string[]
  /** As the exports map has it: `./dist/index.js`. */
  readonly target: string
}

const NOT_BUILT = ['@portcullis/source', 'types']

/** Every built module the exports map leads to. */
export function builtEntries(
  manifest: Manifest,
  keys: readonly string[] = codeExports(manifest),
): BuiltEntry[] {
  return keys.flatMap((key) => flatten(manifest.exports?.[key]).map((entry) => ({ key, ...entry })))
}

function flatten(target: ExportTarget | undefined): { conditions: string[]; target: string }[] {
  if (target === undefined) return []
  if (typeof target === 'string') return [{ conditions: [], target }]
  return Object.entries(target)
    .filter(([condition]) => !NOT_BUILT.includes(condition))
    .flatMap(([condition, inner]) =>
      flatten(inner).map((found) => ({ ...found, conditions: [condition, ...found.conditions] })),
    )
}
