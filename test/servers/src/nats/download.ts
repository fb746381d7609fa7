import { createHash } from 'node:crypto'
import { access, mkdir, mkdtemp, rename, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { Outcome } from '../internal/first-of.ts'
import { run } from '../internal/run.ts'
import { NATS_RELEASE, releasePlatform } from './release.ts'
import type { NatsRelease } from './release.ts'

export interface DownloadOptions {
  /** Folder the releases are kept in. */
  cacheFolder: string
  baseUrl?: string | undefined
  release?: NatsRelease | undefined
  platform?: string | undefined
  timeoutMs?: number | undefined
}

const RELEASES = 'https://github.com/nats-io/nats-server/releases/download'

/**
 * Fetches the pinned release, refuses it unless it hashes to the pinned checksum, and unpacks it. A machine without a
 * pinned checksum, an unreachable host and a wrong checksum are answers, not exceptions. The caller holds the lock.
 */
export async function downloadNatsServer(options: DownloadOptions): Promise<Outcome> {
  const { version, sha256 } = options.release ?? NATS_RELEASE
  const platform = options.platform ?? releasePlatform()
  const checksum = sha256[platform]
  if (checksum === undefined)
    return { why: `no checksum is pinned for nats-server ${version} on ${platform}` }

  const name = `nats-server-v${version}-${platform}`
  const binary = join(options.cacheFolder, name, 'nats-server')
  if (await exists(binary)) return { path: binary }

  const url = `${options.baseUrl ?? RELEASES}/v${version}/${name}.tar.gz`
  let tarball: Buffer
  try {
    const response = await fetch(url, { signal: AbortSignal.timeout(options.timeoutMs ?? 120_000) })
    if (!response.ok) return { why: `${url} answered ${response.status}` }
    tarball = Buffer.from(await response.arrayBuffer())
  } catch (error) {
    return { why: `${url} could not be read (${reason(error)})` }
  }
  const actual = createHash('sha256').update(tarball).digest('hex')
  if (actual !== checksum) return { why: `${url} has SHA-256 ${actual}, pinned is ${checksum}: refused` }

  await mkdir(options.cacheFolder, { recursive: true })
  const unpacked = await mkdtemp(join(options.cacheFolder, 'unpacking-'))
  try {
    const file = join(unpacked, 'release.tar.gz')
    await writeFile(file, tarball)
    await run('tar', ['-xzf', file, '-C', unpacked, `${name}/nats-server`], { timeoutMs: 60_000 })
    // In one step, so that nobody ever sees half a binary.
    await rename(join(unpacked, name), join(options.cacheFolder, name))
  } finally {
    await rm(unpacked, { recursive: true, force: true })
  }
  return { path: binary }
}

function exists(path: string): Promise<boolean> {
  return access(path).then(
    () => true,
    () => false,
  )
}

/** `fetch` says "fetch failed" and keeps what happened in the cause. */
function reason(error: unknown): string {
  const { message, cause } = error as Error
  return cause instanceof Error && cause.message !== '' ? cause.message : message
}
