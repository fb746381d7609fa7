import type { WorkspacePackage } from '../repo/workspace.ts'

/** Each cycle among the packages' manifests, development dependencies included: the build order needs there to be none. */
export function checkCycles(packages: readonly WorkspacePackage[]): string[] {
  const names = new Set(packages.map(({ manifest }) => manifest.name))
  const edges = new Map(
    packages.map(({ manifest }) => [
      manifest.name,
      Object.keys({
        ...manifest.dependencies,
        ...manifest.devDependencies,
        ...manifest.peerDependencies,
      }).filter((name) => names.has(name)),
    ]),
  )
  const done = new Set<string>()
  const cycles: string[] = []
  const visit = (name: string, path: readonly string[]): void => {
    if (path.includes(name)) {
      cycles.push([...path.slice(path.indexOf(name)), name].join(' → '))
      return
    }
    if (done.has(name)) return
    for (const next of edges.get(name) ?? []) visit(next, [...path, name])
    done.add(name)
  }
  for (const name of edges.keys()) visit(name, [])
  return cycles
}
