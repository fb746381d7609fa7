import type { TextFile } from '../repo/files.ts'
import type { WorkspacePackage } from '../repo/workspace.ts'

/** Packages that were never released and that no changeset is about to release. */
export function neverReleased(
  packages: readonly WorkspacePackage[],
  changesets: readonly TextFile[],
): string[] {
  const named = changesets.flatMap(({ text }) => {
    const frontMatter = /^---\n([\s\S]*?)\n---\n/.exec(text)?.[1] ?? ''
    return [...frontMatter.matchAll(/^['"]?([^'":\n]+)['"]?:\s*(?:patch|minor|major)$/gm)].map(
      (match) => match[1],
    )
  })
  return packages
    .filter(({ manifest }) => manifest.version === '0.0.0' && !named.includes(manifest.name))
    .map(({ manifest }) => manifest.name)
}
