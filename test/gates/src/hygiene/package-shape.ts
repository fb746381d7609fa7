import { codeExports } from '../repo/workspace.ts'
import type { ExportTarget, WorkspacePackage } from '../repo/workspace.ts'

/** One sentence per way in which a publishable package departs from the shape all of them share. */
export function checkPackageShape({ id, dir, manifest }: WorkspacePackage): string[] {
  const problems: string[] = []
  const expect = (holds: boolean, sentence: string): void => {
    if (!holds) problems.push(`${dir}: ${sentence}`)
  }
  expect(manifest.name === `@portcullis/${id}`, 'is named after its folder')
  expect(manifest.type === 'module', 'is an ES module')
  expect(manifest.license === 'MIT', 'has the MIT license')
  expect(manifest.engines?.node === '>=20.19', 'runs on Node >=20.19')
  expect(
    ['dist', 'src'].every((folder) => manifest.files?.includes(folder)),
    'publishes dist and src',
  )
  expect(manifest.repository?.directory === dir, 'names its folder in repository')
  expect(manifest.publishConfig?.access === 'public', 'publishes publicly')
  expect(manifest.publishConfig?.provenance === true, 'publishes with provenance')
  expect(manifest.exports?.['.'] !== undefined, 'has a root export')
  expect(manifest.exports?.['./package.json'] === './package.json', 'exports its package.json')
  for (const key of codeExports(manifest)) {
    expect(isExport(manifest.exports?.[key]), `${key} is source, then types and default from dist`)
  }
  for (const [name, range] of Object.entries(manifest.dependencies ?? {})) {
    if (name.startsWith('@portcullis/')) expect(range === 'workspace:^', `depends on ${name} as workspace:^`)
  }
  return problems
}

/** `types` stands before `default`, `default` is last, and what is not built is only the source condition. */
function isExport(target: ExportTarget | undefined): boolean {
  if (typeof target !== 'object') return false
  const { '@portcullis/source': source, ...built } = target
  return (
    Object.keys(target)[0] === '@portcullis/source' &&
    typeof source === 'string' &&
    /^\.\/src\/.*\.ts$/.test(source) &&
    isBuilt(built)
  )
}

function isBuilt(target: ExportTarget): boolean {
  if (typeof target === 'string') return false
  const { types, default: code, ...conditions } = target
  const order = Object.keys(target)
  return (
    typeof types === 'string' &&
    typeof code === 'string' &&
    /^\.\/dist\/.*\.d\.ts$/.test(types) &&
    code === types.replace(/\.d\.ts$/, '.js') &&
    order.at(-2) === 'types' &&
    order.at(-1) === 'default' &&
    Object.values(conditions).every(isBuilt)
  )
}
