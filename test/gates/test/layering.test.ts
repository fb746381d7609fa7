import { expect, test } from 'vitest'
import { checkCycles } from '../src/layering/check-cycles.ts'
import { checkImports } from '../src/layering/check-imports.ts'
import { readLintTable } from '../src/layering/lint-table.ts'
import { MAY_IMPORT } from '../src/layering/table.ts'
import { trackedTexts } from '../src/repo/files.ts'
import { readManifest, readWorkspace, ROOT } from '../src/repo/workspace.ts'
import type { Manifest, WorkspacePackage } from '../src/repo/workspace.ts'

const packages = readWorkspace()

test('every import follows the layering and is declared', () => {
  const rootDependencies = Object.keys(readManifest(`${ROOT}/package.json`).devDependencies ?? {})
  expect(checkImports({ packages, files: trackedTexts(/\.(tsx?|mts|js|mjs)$/), rootDependencies })).toEqual(
    [],
  )
})

test('no package depends on itself through others', () => {
  expect(checkCycles(packages)).toEqual([])
})

test('every package has a line in the layering table, and the linter has the same table', () => {
  const ids = packages.filter(({ kind }) => kind === 'packages').map(({ id }) => id)
  expect(Object.keys(MAY_IMPORT)).toEqual(expect.arrayContaining(ids))
  expect(readLintTable()).toEqual(MAY_IMPORT)
})

function workspacePackage(dir: string, manifest: Partial<Manifest> = {}): WorkspacePackage {
  const [kind, id] = dir.split('/') as [WorkspacePackage['kind'], string]
  return {
    kind,
    id,
    dir,
    manifest: { name: `@portcullis/${id}`, exports: { '.': './src/index.ts' }, ...manifest },
  }
}

const crafted = [
  workspacePackage('packages/auth-core', { dependencies: { jose: '1' } }),
  workspacePackage('packages/worker'),
  workspacePackage('packages/client', { dependencies: { '@portcullis/auth-core': '1' } }),
  workspacePackage('packages/registry', {
    dependencies: { '@portcullis/auth-core': '1', '@portcullis/gateway': '1' },
    devDependencies: { '@portcullis/test-servers': '1', '@portcullis/client': '1' },
  }),
  workspacePackage('packages/console', { dependencies: { fastify: '1' }, devDependencies: { react: '1' } }),
  workspacePackage('packages/newcomer', { dependencies: { '@portcullis/auth-core': '1' } }),
  workspacePackage('apps/gateway', { dependencies: { '@portcullis/registry': '1' } }),
  workspacePackage('examples/page'),
  workspacePackage('examples/hello', { exports: {} }),
  workspacePackage('examples/chat', {
    dependencies: { '@portcullis/page': '1', '@portcullis/hello': '1', '@portcullis/gateway': '1' },
  }),
  workspacePackage('test/test-servers'),
]

test.each([
  ['packages/auth-core/src/a.ts', 'node:fs', 'fine'],
  ['packages/auth-core/src/a.ts', 'jose', 'fine'],
  ['packages/auth-core/src/a.ts', 'vitest', 'vitest is not declared in packages/auth-core/package.json'],
  ['packages/auth-core/test/a.test.ts', 'vitest', 'fine'],
  ['packages/auth-core/src/a.ts', './b/c.ts', 'fine'],
  ['packages/auth-core/src/a.ts', './b/c', 'a relative import ends in .ts'],
  ['packages/auth-core/src/a.ts', './b/c.js', 'a relative import ends in .ts'],
  ['packages/worker/bin/a.js', '../dist/cli.js', 'fine'],
  ['packages/auth-core/src/a.ts', '../../client/src/x.ts', 'leaves its package'],
  ['packages/auth-core/tsup.config.ts', '../../tsup.preset.ts', 'fine'],
  ['packages/client/src/a.ts', '@portcullis/auth-core', 'client may import only nothing of ours'],
  ['packages/registry/src/a.ts', '@portcullis/auth-core', 'fine'],
  ['packages/registry/src/a.ts', '@portcullis/auth-core/src/a.ts', 'not in its exports map'],
  ['packages/registry/src/a.ts', '@portcullis/gateway', 'nothing imports an app'],
  ['packages/registry/src/a.ts', '@portcullis/test-servers', 'only tests import a test package'],
  ['packages/registry/test/a.test.ts', '@portcullis/test-servers', 'fine'],
  ['packages/registry/src/a.ts', '@portcullis/client', 'registry may import only auth-core, oidc-middleware'],
  ['packages/console/src/pages/a.tsx', 'react', 'fine'],
  ['packages/console/src/pages/a.tsx', './b.tsx', 'fine'],
  ['packages/console/src/pages/a.tsx', './a.css', 'fine'],
  ['packages/console/src/pages/a.tsx', './b', 'a relative import ends in .ts'],
  ['packages/console/src/pages/a.tsx', 'preact', 'preact is not declared in packages/console/package.json'],
  ['packages/console/src/a.ts', 'react', 'react is not declared in packages/console/package.json'],
  ['packages/newcomer/src/a.ts', '@portcullis/auth-core', 'newcomer has no line in the layering table'],
  ['apps/gateway/src/a.ts', '@portcullis/registry', 'fine'],
  ['examples/chat/src/a.ts', '@portcullis/page', 'fine'],
  ['examples/chat/src/a.ts', '@portcullis/hello', 'not in its exports map'],
  ['examples/chat/src/a.ts', '@portcullis/gateway', 'nothing imports an app'],
  ['packages/registry/src/a.ts', '@portcullis/page', 'only examples import an example'],
  ['apps/gateway/src/a.ts', '@portcullis/page', 'only examples import an example'],
  [
    'apps/gateway/src/a.ts',
    '@portcullis/auth-core',
    '@portcullis/auth-core is not declared in apps/gateway/package.json',
  ],
])('%s importing %s is judged: %s', (path, specifier, problem) => {
  for (const text of [`import { x } from '${specifier}'`, `await import('${specifier}')`]) {
    expect(
      checkImports({ packages: crafted, files: [{ path, text }], rootDependencies: ['vitest'] }),
    ).toEqual(problem === 'fine' ? [] : [`${path} imports ${specifier}: ${problem}`])
  }
})

test('a cycle is found, also through development dependencies', () => {
  const one = workspacePackage('packages/one', { devDependencies: { '@portcullis/two': '1' } })
  const two = workspacePackage('packages/two', { dependencies: { '@portcullis/three': '1', zod: '1' } })
  const three = workspacePackage('packages/three', { peerDependencies: { '@portcullis/one': '1' } })
  expect(checkCycles([one, two])).toEqual([])
  expect(checkCycles([one, two, three])).toEqual([
    '@portcullis/one → @portcullis/two → @portcullis/three → @portcullis/one',
  ])
})
