import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { neverReleased } from '../src/hygiene/changesets.ts'
import { checkLinks } from '../src/hygiene/links.ts'
import { checkPackageShape } from '../src/hygiene/package-shape.ts'
import { checkTexts } from '../src/hygiene/text-rules.ts'
import { trackedPaths, trackedTexts } from '../src/repo/files.ts'
import { publishable, ROOT } from '../src/repo/workspace.ts'

const packages = publishable()
const texts = trackedTexts()

test.each(packages)('$manifest.name has the shape of a package', (one) => {
  expect(checkPackageShape(one)).toEqual([])
})

test.each(packages)('$manifest.name has a README that says what it is licensed under', ({ dir }) => {
  expect(existsSync(join(ROOT, dir, 'README.md')), `${dir}/README.md`).toBe(true)
  expect(texts.find(({ path }) => path === `${dir}/README.md`)?.text).toMatch(/\bMIT\b/)
})

test('every package was released or has a changeset that releases it', () => {
  expect(neverReleased(packages, trackedTexts(/^\.changeset\/.*\.md$/))).toEqual([])
})

test('no file is called utils: a name says what is inside', () => {
  expect(
    trackedPaths().filter((path) => /(^|\/)(utils?|helpers?|misc|common)(\.[^/]+)?(\/|$)/.test(path)),
  ).toEqual([])
})

test('tracked texts keep no notes, run every test and name no machine', () => {
  expect(checkTexts(texts)).toEqual([])
})

test('every relative link leads to a file', () => {
  expect(checkLinks(texts.filter(({ path }) => path.endsWith('.md')))).toEqual([])
})
