import { afterAll, describe, inject, test } from 'vitest'
import { installAlone, readPacked, readPackedManifest } from '../src/packed/install.ts'
import { neededPeers } from '../src/packed/peers.ts'
import { firstCodeBlock, packagesOf, toJavaScript } from '../src/packed/readme.ts'
import { startSystem } from '../src/packed/system.ts'
import type { RunningSystem } from '../src/packed/system.ts'
import { codeExports, publishable } from '../src/repo/workspace.ts'

const tarballs = inject('tarballs')

let system: Promise<RunningSystem> | undefined
afterAll(() =>
  system?.then(
    (running) => running[Symbol.asyncDispose](),
    // The test that started it has said so.
    () => {},
  ),
)

describe.concurrent.each(publishable())('$manifest.name installed alone', (one) => {
  const { name } = one.manifest
  const tarball = tarballs[name] ?? ''

  test('loads from every export and runs the first code block of its README', async ({ expect }) => {
    const readme = await readPacked(tarball, 'README.md')
    const block = firstCodeBlock(readme ?? '')
    expect.soft(block, `${name} has no README with a js or ts code block`).toBeDefined()
    const manifest = await readPackedManifest(tarball)
    const peers = neededPeers(one, manifest, packagesOf(block ?? ''))
    await using installed = await installAlone(name, tarballs, peers)

    await installed.runModule('exports.mjs', importEvery(name, codeExports(manifest)))
    if (block === undefined) return
    const env = block.includes('GATEWAY_URL')
      ? { GATEWAY_URL: (await (system ??= startSystem())).gatewayUrl }
      : {}
    await installed.runModule('readme.mjs', toJavaScript(block), env)
  })

  test('carries its README and license', async ({ expect }) => {
    expect(await readPacked(tarball, 'README.md')).toMatch(/^# /)
    expect(await readPacked(tarball, 'LICENSE')).toContain('MIT License')
  })
})

/** A module that fails unless each of the exports loads. */
function importEvery(name: string, keys: readonly string[]): string {
  return [
    `import manifest from '${name}/package.json' with { type: 'json' }`,
    `if (manifest.name !== '${name}') throw new Error('not the manifest')`,
    ...keys.map((key) => `await import('${name}${key.slice(1)}')`),
  ].join('\n')
}
