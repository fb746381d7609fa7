import { posix } from 'node:path'
import { importsOf, isBuiltin, isRelative, packageOf, subpathOf } from '../repo/imports.ts'
import type { TextFile } from '../repo/files.ts'
import { SCOPE } from '../repo/workspace.ts'
import type { WorkspacePackage } from '../repo/workspace.ts'
import { MAY_IMPORT } from './table.ts'

export interface ImportCheck {
  readonly packages: readonly WorkspacePackage[]
  readonly files: readonly TextFile[]
  /** Dependencies of the repository's root, which tests and configuration files may use. */
  readonly rootDependencies: readonly string[]
}

interface Import {
  readonly owner: WorkspacePackage
  readonly file: TextFile
  readonly specifier: string
  /** Shipped code, as opposed to tests and configuration. */
  readonly isSource: boolean
  /** Code of a page that a build bundles with all it imports: nobody installs its dependencies. */
  readonly isBundled: boolean
}

/** One sentence per import that breaks the layering. */
export function checkImports(check: ImportCheck): string[] {
  return check.files.flatMap((file) => {
    const owner = check.packages.find(({ dir }) => file.path.startsWith(`${dir}/`))
    if (owner === undefined) return []
    const inside = file.path.slice(owner.dir.length + 1)
    const isSource = /^(src|bin)\//.test(inside)
    const isBundled = owner.kind === 'packages' && inside.startsWith('src/pages/')
    return importsOf(file.text).flatMap((specifier) => {
      const problem = problemOf({ owner, file, specifier, isSource, isBundled }, check)
      return problem === undefined ? [] : [`${file.path} imports ${specifier}: ${problem}`]
    })
  })
}

function problemOf(one: Import, check: ImportCheck): string | undefined {
  if (isBuiltin(one.specifier)) return undefined
  if (isRelative(one.specifier)) return checkRelative(one)
  if (packageOf(one.specifier) === one.owner.manifest.name) return undefined
  if (!one.specifier.startsWith(SCOPE)) return checkDeclared(one, check)
  return checkSibling(one, check) ?? checkDeclared(one, check)
}

function checkRelative({ owner, file, specifier, isBundled }: Import): string | undefined {
  const endings = isBundled ? /\.(tsx?|css|json)$/ : /\.(ts|json)$/
  if (/\.tsx?$/.test(file.path) && !endings.test(specifier)) return 'a relative import ends in .ts'
  const target = posix.join(posix.dirname(file.path), specifier)
  if (target.startsWith(`${owner.dir}/`)) return undefined
  // Configuration files share the presets at the root.
  if (/^[^/]+\.config\.ts$/.test(posix.relative(owner.dir, file.path)) && !target.includes('/'))
    return undefined
  return 'leaves its package'
}

function checkSibling({ owner, specifier, isSource }: Import, { packages }: ImportCheck): string | undefined {
  const target = packages.find(({ manifest }) => manifest.name === packageOf(specifier))
  if (target === undefined) return 'no such package'
  if (target.kind === 'apps') return 'nothing imports an app'
  // What two examples share; one that runs by itself has no exports.
  if (target.kind === 'examples' && owner.kind !== 'examples') return 'only examples import an example'
  if (target.kind === 'test' && isSource && owner.kind !== 'test') return 'only tests import a test package'
  if (target.manifest.exports?.[subpathOf(specifier)] === undefined) return 'not in its exports map'
  if (owner.kind !== 'packages' || !isSource) return undefined
  const allowed = MAY_IMPORT[owner.id]
  if (allowed === undefined) return `${owner.id} has no line in the layering table`
  return allowed.includes(target.id)
    ? undefined
    : `${owner.id} may import only ${allowed.join(', ') || 'nothing of ours'}`
}

function checkDeclared(
  { owner, specifier, isSource, isBundled }: Import,
  { rootDependencies }: ImportCheck,
): string | undefined {
  const { dependencies, peerDependencies, devDependencies } = owner.manifest
  const declared = Object.keys({
    ...dependencies,
    ...peerDependencies,
    ...(isSource && !isBundled ? {} : devDependencies),
  })
  // What is never installed elsewhere finds the root's tools.
  const found = isSource && owner.kind !== 'test' ? declared : [...declared, ...rootDependencies]
  const name = packageOf(specifier)
  return found.includes(name) ? undefined : `${name} is not declared in ${owner.dir}/package.json`
}
