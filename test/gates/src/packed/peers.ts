import { join } from 'node:path'
import { builtEntries } from '../built/entries.ts'
import { reachedFrom } from '../built/reach.ts'
import { packageOf } from '../repo/imports.ts'
import { readWorkspace, ROOT } from '../repo/workspace.ts'
import type { Manifest, WorkspacePackage } from '../repo/workspace.ts'

/**
 * The peers somebody who uses everything of a package has installed: those its exports load, and those the README's
 * block imports. A block that imports anything else would not run for the reader who copies it.
 */
export function neededPeers(
  one: WorkspacePackage,
  packed: Manifest,
  imported: readonly string[],
): Record<string, string> {
  const peers = packed.peerDependencies ?? {}
  const brought = [packed.name, ...Object.keys(packed.dependencies ?? {}), ...Object.keys(peers)]
  const strangers = imported.filter((name) => !brought.includes(name))
  if (strangers.length > 0) {
    throw new Error(
      `the README of ${packed.name} imports ${strangers.join(', ')}, which installing it does not bring`,
    )
  }
  const loaded = builtEntries(one.manifest).flatMap(({ target }) =>
    reachedFrom(ROOT, join(one.dir, target), readWorkspace()).map(({ specifier }) => packageOf(specifier)),
  )
  const used = new Set([...loaded, ...imported])
  return Object.fromEntries(Object.entries(peers).filter(([name]) => used.has(name)))
}
