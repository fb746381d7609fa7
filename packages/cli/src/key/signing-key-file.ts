import { realpath } from 'node:fs/promises'
import { dirname, resolve } from 'node:path'
import { createKeyRing, type KeyRing, type SigningKeyOptions } from '@portcullis/auth-core'
import { z } from 'zod'
import { CliError } from '../errors.ts'
import { parseJson } from '../input/parse-json.ts'
import { readTextFile, readTextFileIfThere } from '../input/read-file.ts'

/** Algorithms of which the gateways take key files. */
export const SIGNING_ALGORITHMS = ['ES256', 'EdDSA', 'RS256', 'PS256'] as const

/** One of {@link SIGNING_ALGORITHMS}. */
export type SigningAlgorithm = (typeof SIGNING_ALGORITHMS)[number]

const instant = z.iso.datetime({ offset: true, error: 'must be a time such as 2026-11-30T00:00:00Z' })

/** One key as it stands in the file. */
export interface KeyEntry {
  readonly algorithm: SigningAlgorithm
  /** PEM, relative to the file. */
  readonly keyFile: string
  readonly kid?: string | undefined
  /** ISO 8601, as `verifyUntil`. */
  readonly signFrom?: string | undefined
  readonly verifyUntil?: string | undefined
}

const fileSchema: z.ZodType<KeyEntry[]> = z
  .array(
    z.strictObject({
      algorithm: z.enum(SIGNING_ALGORITHMS, `must be ${SIGNING_ALGORITHMS.join(', ')}`),
      keyFile: z.string().min(1),
      kid: z.string().optional(),
      signFrom: instant.optional(),
      verifyUntil: instant.optional(),
    }),
  )
  .min(1, 'must name a key')

/** What a gateway finds under `GATEWAY_JWT_KEYS_FILE`. */
export interface KeyFile {
  /** The file itself, where its name is a link. */
  readonly path: string
  readonly entries: readonly KeyEntry[]
}

/**
 * Reads a key file; null when there is none.
 *
 * @throws CliError `ERR_CLI_FILE`, `ERR_CLI_KEY_FILE` naming what is wrong, never a key
 */
export async function readKeyFile(named: string): Promise<KeyFile | null> {
  const text = await readTextFileIfThere(named)
  if (text === null) return null
  const path = await realpath(named)
  const parsed = fileSchema.safeParse(parseJson(text))
  if (parsed.success) return { path, entries: parsed.data }
  const [issue] = parsed.error.issues
  throw new CliError('ERR_CLI_KEY_FILE', `${path}: ${issue?.path.join('.') || 'the file'}: ${issue?.message}`)
}

/**
 * The keys of entries, as a gateway loads them.
 *
 * @throws CliError `ERR_CLI_FILE` for a key that cannot be read, `ERR_CLI_KEY_FILE` for keys that a gateway would refuse
 */
export async function loadRing(path: string, entries: readonly KeyEntry[]): Promise<KeyRing> {
  const keys: SigningKeyOptions[] = []
  for (const { keyFile, signFrom, verifyUntil, ...entry } of entries) {
    keys.push({
      ...entry,
      key: await readTextFile(resolve(dirname(path), keyFile), 64 * 1024),
      ...(signFrom !== undefined && { signFrom: Date.parse(signFrom) }),
      ...(verifyUntil !== undefined && { verifyUntil: Date.parse(verifyUntil) }),
    })
  }
  try {
    return createKeyRing(keys)
  } catch (error) {
    if (!(error instanceof TypeError)) throw error
    // What is thrown names the option and never the key.
    throw new CliError('ERR_CLI_KEY_FILE', `${path}: a gateway would refuse it: ${error.message}`)
  }
}
