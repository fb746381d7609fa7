import { readFile } from 'node:fs/promises'
import { checkPackage, createPackageFromTarballData } from '@arethetypeswrong/core'
import { publint } from 'publint'
import { formatMessage } from 'publint/utils'
import { describe, expect, inject, test } from 'vitest'
import { publishable } from '../src/repo/workspace.ts'

const tarballs = inject('tarballs')
/** Ways of resolving that an ES module is not made for. */
const NOT_MEANT = new Set<string>(['node10', 'node16-cjs'])

describe.each(publishable())('the tarball of $manifest.name', ({ manifest }) => {
  const tarball = tarballs[manifest.name] ?? ''

  test('is what its manifest says (publint --strict)', async () => {
    const { buffer } = await readFile(tarball)
    const { messages, pkg } = await publint({ pack: { tarball: buffer }, strict: true, level: 'warning' })
    expect(messages.map((message) => formatMessage(message, pkg, { color: false }))).toEqual([])
  })

  test('has types that match its code (are the types wrong, ESM only)', async () => {
    const result = await checkPackage(createPackageFromTarballData(await readFile(tarball)))
    if (!result.types) throw new Error(`the tarball of ${manifest.name} does not contain types`)
    expect(
      result.problems.filter((one) => !('resolutionKind' in one && NOT_MEANT.has(one.resolutionKind))),
    ).toEqual([])
  })
})
