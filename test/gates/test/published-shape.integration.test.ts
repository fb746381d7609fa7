import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { publint } from 'publint'
import { formatMessage } from 'publint/utils'
import { describe, inject, test } from 'vitest'
import { run } from '../src/packed/run.ts'
import { publishable, ROOT } from '../src/repo/workspace.ts'

const tarballs = inject('tarballs')
const ATTW = join(
  fileURLToPath(import.meta.resolve('@arethetypeswrong/cli/package.json')),
  '../dist/index.js',
)

describe.concurrent.each(publishable())('the tarball of $manifest.name', ({ manifest }) => {
  const tarball = tarballs[manifest.name] ?? ''

  test('is what its manifest says (publint --strict)', async ({ expect }) => {
    const { buffer } = await readFile(tarball)
    const { messages, pkg } = await publint({ pack: { tarball: buffer }, strict: true, level: 'warning' })
    expect(messages.map((message) => formatMessage(message, pkg, { color: false }))).toEqual([])
  })

  test('has types that match its code (attw, ESM only)', async ({ expect }) => {
    const args = [ATTW, tarball, '--profile', 'esm-only', '--no-color', '--no-emoji']
    // Exits with 0, too, when it found no types at all.
    expect(await run(process.execPath, args, { cwd: ROOT, timeoutMs: 60_000 })).not.toContain(
      'does not contain types',
    )
  })
})
