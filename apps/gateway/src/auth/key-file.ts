import { readFileSync } from 'node:fs'
import { dirname, resolve } from 'node:path'
import type { SigningKeyOptions } from '@portcullis/auth-core'
import { z } from 'zod'

const instant = z.iso
  .datetime({ offset: true, error: 'must be a time such as 2026-11-30T00:00:00Z' })
  .transform((time) => Date.parse(time))

const fileSchema = z
  .array(
    z.strictObject({
      algorithm: z.enum(['ES256', 'EdDSA', 'RS256', 'PS256'], 'must be ES256, EdDSA, RS256 or PS256'),
      /** PEM, relative to the file. */
      keyFile: z.string(),
      kid: z.string().optional(),
      signFrom: instant.optional(),
      verifyUntil: instant.optional(),
    }),
  )
  .min(1, 'must name a key')

/**
 * Reads the file that `GATEWAY_JWT_KEYS_FILE` names.
 *
 * @throws Error naming the variable, the file and what is wrong with it, never a key
 */
export function readKeyFile(file: string): SigningKeyOptions[] {
  const parsed = fileSchema.safeParse(parse(file, read(file)))
  if (!parsed.success) {
    const [issue] = parsed.error.issues
    throw problem(file, `${issue?.path.join('.')}: ${issue?.message}`)
  }
  return parsed.data.map(({ keyFile, ...key }) => ({ ...key, key: read(resolve(dirname(file), keyFile)) }))
}

function read(file: string): string {
  try {
    return readFileSync(file, 'utf8')
  } catch (cause) {
    throw problem(file, 'cannot be read', cause)
  }
}

function parse(file: string, text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    // No cause: the parser's message quotes the file.
    throw problem(file, 'is not JSON')
  }
}

function problem(file: string, what: string, cause?: unknown): Error {
  return new Error(`GATEWAY_JWT_KEYS_FILE: ${file} ${what}`, { cause })
}
