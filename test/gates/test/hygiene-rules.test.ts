import { expect, test } from 'vitest'
import { neverReleased } from '../src/hygiene/changesets.ts'
import { checkLinks } from '../src/hygiene/links.ts'
import { checkPackageShape } from '../src/hygiene/package-shape.ts'
import { checkTexts } from '../src/hygiene/text-rules.ts'
import { publishable } from '../src/repo/workspace.ts'
import type { Manifest, WorkspacePackage } from '../src/repo/workspace.ts'

/** A package of the repository with something about its manifest changed. */
function changed(change: Partial<Manifest>): WorkspacePackage {
  const [one] = publishable()
  if (one === undefined) throw new Error('there is no publishable package')
  return { ...one, manifest: { ...one.manifest, ...change } }
}

test.each<[string, Partial<Manifest>]>([
  ['runs on Node >=20.19', { engines: { node: '>=18' } }],
  ['publishes dist and src', { files: ['dist'] }],
  ['publishes publicly', { publishConfig: { provenance: true } }],
  ['names its folder in repository', { repository: {} }],
  ['has the MIT license', { license: 'UNLICENSED' }],
  ['depends on @portcullis/x as workspace:^', { dependencies: { '@portcullis/x': '^1.0.0' } }],
])('a package that no longer "%s" is found', (sentence, change) => {
  const one = changed(change)
  expect(checkPackageShape(one)).toEqual([`${one.dir}: ${sentence}`])
})

const source = './src/index.ts'
const types = './dist/index.d.ts'
const code = './dist/index.js'

test.each([
  [{ '@portcullis/source': source, types, default: code }, true],
  [{ '@portcullis/source': source, browser: { types, default: code }, types, default: code }, true],
  [{ '@portcullis/source': source, default: code, types }, false],
  [{ types, '@portcullis/source': source, default: code }, false],
  [{ types, default: code }, false],
  [{ '@portcullis/source': source, types, import: code }, false],
  [{ '@portcullis/source': source, browser: { default: code }, types, default: code }, false],
  [code, false],
])('an export %o is judged: %s', (target, isGood) => {
  const one = changed({ exports: { '.': target, './package.json': './package.json' } })
  expect(checkPackageShape(one)).toEqual(
    isGood ? [] : [`${one.dir}: . is source, then types and default from dist`],
  )
})

// Written so that the gate does not find its own examples.
const note = ['TO', 'DO'].join('')
const [only, skip] = ['.only', '.skip']
const [work, tmp, root] = ['work', 'tmp', 'root'].map((name) => `/${name}`)

test.each([
  ['a.ts', `// ${note}: later`, 'leaves no note for later; that is an issue'],
  ['a.md', 'todo lists are fine', undefined],
  ['a.test.ts', `describe${only}('x', () => {})`, 'runs every test'],
  ['a.test.ts', `test.concurrent${skip}('x')`, 'runs every test'],
  ['a.test.ts', "test.each([1])('x')", undefined],
  ['a.md', `cd ${work}/main`, 'names no folder of one machine'],
  ['a.ts', `open('${tmp}/x')`, 'names no folder of one machine'],
  ['a.json', `"cwd": "${root}"`, 'names no folder of one machine'],
  ['a.md', 'https://example.org/home/page and ../root.ts and /workspaces', undefined],
])('in %s the line %o is judged', (path, line, sentence) => {
  expect(checkTexts([{ path, text: `fine\n${line}` }])).toEqual(
    sentence === undefined ? [] : [`${path}:2 ${sentence}`],
  )
})

test('a dead link is found, in code and to other sites it is not looked for', () => {
  const text =
    'a [b](./package.json) [c](package.json#x "t") [d](gone.md) [e](https://x.y) [f](#g) `[h](i.md)`'
  expect(checkLinks([{ path: 'README.md', text }])).toEqual([
    'README.md links to gone.md, which does not exist',
  ])
})

test('a package at 0.0.0 without a changeset is found', () => {
  const one = changed({ name: '@portcullis/new', version: '0.0.0' })
  const text = `---\n'@portcullis/new': minor\n---\n\nFirst release.\n`
  expect(neverReleased([one], [])).toEqual(['@portcullis/new'])
  expect(neverReleased([one], [{ path: '.changeset/a.md', text }])).toEqual([])
  expect(neverReleased([changed({ version: '0.1.0' })], [])).toEqual([])
})
