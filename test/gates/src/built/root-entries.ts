import { join } from 'node:path'
import { isBuiltin, packageOf } from '../repo/imports.ts'
import type { WorkspacePackage } from '../repo/workspace.ts'
import { builtEntries } from './entries.ts'
import { reachedFrom } from './reach.ts'

// What belongs under a subpath of its own: a stranger who imports the root entry has not asked for it.
const FRAMEWORKS =
  /^(fastify|fastify-plugin|@fastify\/.*|@nats-io\/.*|nats|ioserver|socket\.io|ioredis|redis|pg)$/
// The packages whose subject is the socket itself.
const MAY_LOAD_WS = ['ws-gateway', 'client']

/** One sentence per framework, client library or optional peer that a root entry of `one` loads. */
export function checkRootEntries(
  root: string,
  one: WorkspacePackage,
  packages: readonly WorkspacePackage[],
): string[] {
  const entries = builtEntries(one.manifest, ['.'])
  return entries.flatMap(({ target, conditions }) => {
    const isBrowser = conditions.includes('browser')
    return reachedFrom(root, join(one.dir, target), packages)
      .filter(({ specifier }) => isForbidden(one, specifier, isBrowser))
      .map(
        ({ specifier, via }) =>
          `${one.manifest.name} loads ${specifier}${isBrowser ? ' in browsers' : ''} (${via.join(' → ')})`,
      )
  })
}

function isForbidden({ id, manifest }: WorkspacePackage, specifier: string, isBrowser: boolean): boolean {
  if (isBuiltin(specifier)) return isBrowser
  const name = packageOf(specifier)
  if (name === 'ws') return isBrowser || !MAY_LOAD_WS.includes(id)
  return FRAMEWORKS.test(name) || manifest.peerDependenciesMeta?.[name]?.optional === true
}
