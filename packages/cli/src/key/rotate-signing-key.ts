import { generateKeyPair, randomBytes, type KeyObject } from 'node:crypto'
import { open, rm } from 'node:fs/promises'
import { basename, dirname, join } from 'node:path'
import { promisify } from 'node:util'
import { CliError } from '../errors.ts'
import {
  ownerOf,
  PRIVATE_MODE,
  writeError,
  writeNewFile,
  writePrivateFile,
} from '../file/write-atomically.ts'
import { loadRing, readKeyFile, type KeyEntry, type SigningAlgorithm } from './signing-key-file.ts'

const generate = promisify(generateKeyPair)

/** Life of a refresh token that the gateways issue, milliseconds; the old key verifies for as long. */
export const DEFAULT_KEEP_MS: number = 30 * 86_400_000

/** How long before it signs a key is published: longer than anybody keeps a key set, milliseconds. */
export const DEFAULT_SIGN_IN_MS: number = 10 * 60_000

/** How a signing key is rotated. */
export interface Rotation {
  readonly path: string
  /** @defaultValue that of the key that signs now; ES256 in a new file */
  readonly algorithm?: SigningAlgorithm | undefined
  /** Milliseconds from now until the new key signs. */
  readonly signInMs: number
  /** Milliseconds that the old key verifies after that. */
  readonly keepMs: number
  /** Makes a file that is not there, with one key that signs at once. */
  readonly create: boolean
  readonly nowMs: number
}

/** What a rotation has done. */
export interface Rotated {
  readonly path: string
  /** The file of the new key. */
  readonly keyFile: string
  readonly kid: string
  readonly algorithm: SigningAlgorithm
  readonly signFrom: string
  /** Files of keys that verify nothing any more and are no longer in the list; they are not deleted. */
  readonly dropped: readonly string[]
}

/**
 * Puts a new key into a gateway's key file. It signs after a while, so that it is known everywhere before; the keys that are
 * there go on verifying until their last token has expired. Both files are private, the list is replaced as a whole, and only
 * after a gateway would have loaded it.
 *
 * @throws CliError `ERR_CLI_KEY_FILE` when a rotation is under way already, `ERR_CLI_FILE`
 */
export async function rotateSigningKey(rotation: Rotation): Promise<Rotated> {
  const path = (await readKeyFile(rotation.path))?.path ?? rotation.path
  const unlock = await lock(`${path}.lock`)
  try {
    return await rotate(path, rotation)
  } finally {
    await unlock()
  }
}

async function rotate(path: string, rotation: Rotation): Promise<Rotated> {
  const { nowMs, signInMs, keepMs } = rotation
  // Read again, since another rotation may have ended while this one waited for nothing.
  const found = await readKeyFile(path)
  if (found === null && !rotation.create) {
    throw new CliError('ERR_CLI_KEY_FILE', `${path} does not exist; --create makes it`)
  }
  const entries = found?.entries ?? []
  if (found !== null) await loadRing(path, entries)
  const pending = entries.find(({ signFrom }) => signFrom !== undefined && Date.parse(signFrom) > nowMs)
  if (pending !== undefined) {
    throw new CliError(
      'ERR_CLI_KEY_FILE',
      `a rotation is under way: ${pending.keyFile} signs from ${pending.signFrom}`,
    )
  }
  const signFromMs = found === null ? nowMs : nowMs + signInMs
  const signer = signerOf(entries)
  if (signer?.verifyUntil !== undefined && Date.parse(signer.verifyUntil) < signFromMs) {
    throw new CliError(
      'ERR_CLI_KEY_FILE',
      `${signer.keyFile} ends at ${signer.verifyUntil}, before the new key would sign: choose a shorter --sign-in`,
    )
  }
  const algorithm = rotation.algorithm ?? signer?.algorithm ?? 'ES256'
  const kept = entries.filter(
    ({ verifyUntil }) => verifyUntil === undefined || Date.parse(verifyUntil) > nowMs,
  )
  const verifyUntil = instant(signFromMs + keepMs)
  const { pem, keyFile } = await newKey(path, algorithm, nowMs)
  const next: KeyEntry[] = [
    { algorithm, keyFile, signFrom: instant(signFromMs) },
    ...kept.map((entry) => ({ ...entry, verifyUntil: entry.verifyUntil ?? verifyUntil })),
  ]
  const keyPath = join(dirname(path), keyFile)
  try {
    await writeNewFile(keyPath, pem, { mode: PRIVATE_MODE, owner: await ownerOf(path) })
  } catch (error) {
    throw writeError(keyPath, error)
  }
  try {
    const ring = await loadRing(path, next)
    await writePrivateFile(path, `${JSON.stringify(next, null, 2)}\n`)
    return {
      path,
      keyFile: keyPath,
      kid: ring.jwks().keys[0]?.kid ?? '',
      algorithm,
      signFrom: instant(signFromMs),
      dropped: entries.filter((entry) => !kept.includes(entry)).map((entry) => entry.keyFile),
    }
  } catch (error) {
    // A key that no list names would lie around for ever.
    await rm(keyPath, { force: true })
    throw error
  }
}

/** The entry whose `signFrom` passed last. */
function signerOf(entries: readonly KeyEntry[]): KeyEntry | undefined {
  const at = ({ signFrom }: KeyEntry): number => (signFrom === undefined ? -Infinity : Date.parse(signFrom))
  return entries.toSorted((a, b) => (at(a) === at(b) ? 0 : at(b) - at(a)))[0]
}

/** A private key, and a name for its file that says when it was made. */
async function newKey(
  path: string,
  algorithm: SigningAlgorithm,
  nowMs: number,
): Promise<{ pem: string; keyFile: string }> {
  const { privateKey } = await generateFor(algorithm)
  const at = new Date(nowMs).toISOString().replace(/[-:]|\.\d+/g, '')
  const name = basename(path).replace(/\.json$/i, '')
  return {
    pem: privateKey.export({ type: 'pkcs8', format: 'pem' }) as string,
    // Two of one second have names of their own.
    keyFile: `${name}-${at}-${randomBytes(3).toString('hex')}.pem`,
  }
}

function generateFor(algorithm: SigningAlgorithm): Promise<{ privateKey: KeyObject }> {
  if (algorithm === 'ES256') return generate('ec', { namedCurve: 'P-256' })
  if (algorithm === 'EdDSA') return generate('ed25519')
  return generate('rsa', { modulusLength: 3072 })
}

function instant(ms: number): string {
  return new Date(ms).toISOString()
}

/** One rotation at a time: two at once would lose a key. */
async function lock(path: string): Promise<() => Promise<void>> {
  try {
    await (await open(path, 'wx', PRIVATE_MODE)).close()
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw writeError(path, error)
    throw new CliError('ERR_CLI_KEY_FILE', `another rotation is at work; if not, remove ${path}`)
  }
  return () => rm(path, { force: true })
}
