import { SignJWT } from 'jose'
import { CliError, usageError } from '../errors.ts'
import { pathIn, readJsonFile } from '../input/read-file.ts'
import { readSecret } from '../input/read-secret.ts'
import type { Invocation } from '../invocation.ts'

/** Algorithms that sign with a secret. */
export const HMAC_ALGORITHMS = ['HS256', 'HS384', 'HS512'] as const

/** Options of `token mint` on this machine. */
export interface LocalMintOptions {
  readonly secretFile?: string
  readonly sub?: string
  readonly claim?: ReadonlyMap<string, string>
  readonly claimsFile?: string
  readonly expiresIn?: number
  readonly issuer?: string
  readonly audience?: readonly string[]
  readonly algorithm?: (typeof HMAC_ALGORITHMS)[number]
  readonly json?: boolean | undefined
}

const DEFAULT_LIFE_MS = 15 * 60_000

/** Shortest secret of each algorithm, bytes. @see RFC 7518 §3.2 */
const LEAST_BYTES = { HS256: 32, HS384: 48, HS512: 64 } as const

/** What has options of its own, or is decided here. */
const RESERVED = ['sub', 'iss', 'aud', 'exp', 'iat'] as const

/** Signs a token with a secret. Nothing leaves this machine. */
export async function mintLocally(invocation: Invocation, options: LocalMintOptions): Promise<void> {
  const { sub, issuer, audience, algorithm = 'HS256', expiresIn = DEFAULT_LIFE_MS } = options
  if (sub === undefined || sub === '') throw usageError('--sub is needed: whose the token is')
  const claims = { ...(await claimsOfFile(invocation, options.claimsFile)), ...claimsOf(options.claim) }
  const reserved = RESERVED.find((name) => Object.hasOwn(claims, name))
  if (reserved !== undefined)
    throw usageError(`"${reserved}" has an option of its own, or is written by itself`)
  const secret = Buffer.from(await readSecret(invocation, options.secretFile ?? '-', 'secret'))
  if (secret.byteLength < LEAST_BYTES[algorithm]) {
    throw new CliError(
      'ERR_CLI_TOKEN',
      `a secret for ${algorithm} has at least ${LEAST_BYTES[algorithm]} bytes`,
    )
  }
  const nowSeconds = Math.floor(invocation.now() / 1000)
  const [onlyAudience] = audience ?? []
  const token = await new SignJWT({
    ...claims,
    sub,
    ...(issuer !== undefined && { iss: issuer }),
    ...(audience !== undefined && { aud: audience.length === 1 ? onlyAudience : [...audience] }),
    iat: nowSeconds,
    exp: nowSeconds + Math.max(1, Math.round(expiresIn / 1000)),
  })
    .setProtectedHeader({ alg: algorithm, typ: 'JWT' })
    .sign(secret)
  if (options.json === true) invocation.print.json({ token, expiresIn: Math.round(expiresIn / 1000) })
  else invocation.print.line(token)
}

/** `--claim admin=true` is a boolean, `--claim name=Ada` a text. */
function claimsOf(claims: ReadonlyMap<string, string> = new Map()): Record<string, unknown> {
  return Object.fromEntries([...claims].map(([name, text]) => [name, valueOf(text)]))
}

function valueOf(text: string): unknown {
  try {
    return JSON.parse(text) as unknown
  } catch {
    return text
  }
}

async function claimsOfFile({ cwd }: Invocation, file: string | undefined): Promise<Record<string, unknown>> {
  if (file === undefined) return {}
  const claims = await readJsonFile(pathIn(cwd, file))
  if (typeof claims === 'object' && claims !== null && !Array.isArray(claims)) {
    return claims as Record<string, unknown>
  }
  throw new CliError('ERR_CLI_FILE', `${file} is no JSON object with claims`)
}
