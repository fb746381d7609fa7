import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { expect, test } from 'vitest'
import { checkRootEntries } from '../src/built/root-entries.ts'
import { publishable, readWorkspace, ROOT } from '../src/repo/workspace.ts'
import type { Manifest, WorkspacePackage } from '../src/repo/workspace.ts'

const packages = readWorkspace()

test.each(publishable(packages))('the root entry of $manifest.name loads no framework', (one) => {
  expect(checkRootEntries(ROOT, one, packages)).toEqual([])
})

test('a framework is found through chunks and through a sibling, a dynamic import is let be', async () => {
  const root = await mkdtemp(join(tmpdir(), 'portcullis-gates-'))
  const files = {
    'packages/edge/dist/index.js': `import { a } from './chunk-A.js'\nexport const load = () => import('nats')`,
    'packages/edge/dist/chunk-A.js': `export * from '@portcullis/base'\nimport { WebSocket } from 'ws'`,
    'packages/base/dist/index.js': `import 'fastify'\nimport 'node:fs'\nimport 'jose'`,
  }
  for (const [path, text] of Object.entries(files)) {
    await mkdir(join(root, dirname(path)), { recursive: true })
    await writeFile(join(root, path), text)
  }
  const edge = crafted('edge', { '.': { types: './dist/index.d.ts', default: './dist/index.js' } })
  const base = crafted('base', { '.': { browser: './dist/index.js', default: './dist/index.js' } })

  expect(checkRootEntries(root, edge, [edge, base])).toEqual([
    '@portcullis/edge loads fastify (packages/edge/dist/index.js → packages/edge/dist/chunk-A.js → packages/base/dist/index.js)',
    '@portcullis/edge loads ws (packages/edge/dist/index.js → packages/edge/dist/chunk-A.js)',
  ])
  expect(checkRootEntries(root, base, [base])).toEqual([
    '@portcullis/base loads fastify in browsers (packages/base/dist/index.js)',
    '@portcullis/base loads node:fs in browsers (packages/base/dist/index.js)',
    '@portcullis/base loads fastify (packages/base/dist/index.js)',
  ])
  await rm(join(root, 'packages/base/dist/index.js'))
  expect(() => checkRootEntries(root, edge, [edge, base])).toThrow('does not exist; run the build first')
  await rm(root, { recursive: true })
})

function crafted(id: string, exports: NonNullable<Manifest['exports']>): WorkspacePackage {
  return { kind: 'packages', id, dir: `packages/${id}`, manifest: { name: `@portcullis/${id}`, exports } }
}
