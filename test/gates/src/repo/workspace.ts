import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'

/** The repository this gate stands in. */
export const ROOT: string = join(import.meta.dirname, '../../../..')

export const SCOPE = '@portcullis/'

export type ExportTarget = string | { [condition: string]: ExportTarget }

export interface Manifest {
  name: string
  version?: string
  private?: boolean
  license?: string
  type?: string
  engines?: Record<string, string>
  files?: string[]
  exports?: Record<string, ExportTarget>
  repository?: { directory?: string }
  publishConfig?: { access?: string; provenance?: boolean }
  dependencies?: Record<string, string>
  devDependencies?: Record<string, string>
  peerDependencies?: Record<string, string>
  peerDependenciesMeta?: Record<string, { optional?: boolean }>
}

/** What a workspace folder stands for in the layering. */
export type Kind = 'packages' | 'apps' | 'examples' | 'test'

export interface WorkspacePackage {
  readonly kind: Kind
  /** Folder name, also the name in the layering table. */
  readonly id: string
  /** Relative to the repository, with forward slashes. */
  readonly dir: string
  readonly manifest: Manifest
}

const KINDS: readonly Kind[] = ['packages', 'apps', 'examples', 'test']

export function readWorkspace(root: string = ROOT): WorkspacePackage[] {
  return KINDS.filter((kind) => existsSync(join(root, kind))).flatMap((kind) =>
    readdirSync(join(root, kind))
      .filter((id) => existsSync(join(root, kind, id, 'package.json')))
      .map((id) => {
        const dir = `${kind}/${id}`
        return { kind, id, dir, manifest: readManifest(join(root, dir, 'package.json')) }
      }),
  )
}

export function readManifest(file: string): Manifest {
  return JSON.parse(readFileSync(file, 'utf8')) as Manifest
}

/** The packages that go to the registry. */
export function publishable(packages: readonly WorkspacePackage[] = readWorkspace()): WorkspacePackage[] {
  return packages.filter(({ kind, manifest }) => kind === 'packages' && manifest.private !== true)
}

/** Export keys that lead to code. */
export function codeExports(manifest: Manifest): string[] {
  return Object.keys(manifest.exports ?? {}).filter((key) => !key.endsWith('.json'))
}
