import { existsSync, readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { isBuiltin, isRelative, packageOf, staticImportsOf, subpathOf } from '../repo/imports.ts'
import type { WorkspacePackage } from '../repo/workspace.ts'
import { builtEntries } from './entries.ts'

/** A module outside our packages, and how a built entry gets to it. */
export interface Reached {
  readonly specifier: string
  /** Built files from the entry to the one that imports it, relative to the repository. */
  readonly via: readonly string[]
}

/**
 * What loading the built file `entry` loads from outside, following static imports through chunks and through our own
 * packages. A missing file is an error: the gates run after the build.
 */
export function reachedFrom(root: string, entry: string, packages: readonly WorkspacePackage[]): Reached[] {
  const seen = new Set<string>()
  const reached: Reached[] = []
  const visit = (file: string, path: readonly string[]): void => {
    if (seen.has(file)) return
    seen.add(file)
    const via = [...path, file]
    if (!existsSync(join(root, file)))
      throw new Error(`${via.join(' → ')} does not exist; run the build first`)
    for (const specifier of staticImportsOf(readFileSync(join(root, file), 'utf8'))) {
      if (isRelative(specifier)) visit(join(dirname(file), specifier), via)
      else if (!followSibling(specifier, via)) reached.push({ specifier, via })
    }
  }
  const followSibling = (specifier: string, via: readonly string[]): boolean => {
    if (isBuiltin(specifier)) return false
    const sibling = packages.find(({ manifest }) => manifest.name === packageOf(specifier))
    if (sibling === undefined) return false
    for (const { target } of builtEntries(sibling.manifest, [subpathOf(specifier)]))
      visit(join(sibling.dir, target), via)
    return true
  }
  visit(entry, [])
  return reached
}
