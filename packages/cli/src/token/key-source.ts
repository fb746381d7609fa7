import {
  allowInsecureHttp,
  createRemoteKeySet,
  createSecretKeySet,
  TOKEN_ALGORITHMS,
  type KeySet,
  type TokenAlgorithm,
} from '@portcullis/auth-core'
import { createLocalJWKSet, errors, type CryptoKey, type JSONWebKeySet } from 'jose'
import { CliError, usageError } from '../errors.ts'
import { isThisMachine } from '../http/server-url.ts'
import { pathIn, readJsonFile } from '../input/read-file.ts'
import { readSecret } from '../input/read-secret.ts'
import type { Invocation } from '../invocation.ts'

/** Options that say what a token is verified with. */
export interface KeySourceOptions {
  readonly secretFile?: string
  readonly jwks?: string
}

/** Keys, and the algorithms that may be used with them. */
export interface KeySource {
  readonly keys: KeySet
  readonly algorithms: readonly TokenAlgorithm[]
}

/** What verifies, or null when no option names it. A key set may be a file or a URL; only the keys are asked for there. */
export async function openKeySource(
  invocation: Invocation,
  { secretFile, jwks }: KeySourceOptions,
): Promise<KeySource | null> {
  if (secretFile !== undefined && jwks !== undefined)
    throw usageError('--secret-file and --jwks do not go together')
  if (secretFile !== undefined) {
    const secret = await readSecret(invocation, secretFile, 'secret')
    return { keys: secretKeys(secret), algorithms: TOKEN_ALGORITHMS.filter((name) => name.startsWith('HS')) }
  }
  if (jwks === undefined) return null
  const algorithms = TOKEN_ALGORITHMS.filter((name) => !name.startsWith('HS'))
  if (!/^https?:/i.test(jwks))
    return { keys: localKeys(await readJsonFile(pathIn(invocation.cwd, jwks))), algorithms }
  const url = URL.canParse(jwks) ? new URL(jwks) : undefined
  if (url?.protocol === 'http:' && !isThisMachine(url.hostname)) {
    throw usageError('--jwks must be an https: URL: whoever is on the way could exchange the keys')
  }
  try {
    const keys = createRemoteKeySet(url ?? '', { egress: invocation.fetch, [allowInsecureHttp]: true })
    return { keys, algorithms }
  } catch {
    // Its message is about an option of that function; the URL may hold a password.
    throw usageError('--jwks must be a file, or an https: URL without credentials')
  }
}

function secretKeys(secret: string): KeySet {
  try {
    return createSecretKeySet(secret)
  } catch (error) {
    throw new CliError('ERR_CLI_TOKEN', (error as Error).message)
  }
}

function localKeys(json: unknown): KeySet {
  let select: ReturnType<typeof createLocalJWKSet>
  try {
    select = createLocalJWKSet(json as JSONWebKeySet)
  } catch {
    throw new CliError('ERR_CLI_FILE', 'the file of --jwks is no key set: {"keys": […]}')
  }
  return {
    kind: 'public',
    async candidates({ alg, kid }): Promise<readonly CryptoKey[]> {
      try {
        return [await select(kid === undefined ? { alg } : { alg, kid })]
      } catch (error) {
        if (error instanceof errors.JWKSMultipleMatchingKeys) {
          const keys: CryptoKey[] = []
          for await (const key of error) keys.push(key)
          return keys
        }
        if (error instanceof errors.JWKSNoMatchingKey || error instanceof errors.JOSENotSupported) return []
        throw error
      }
    },
  }
}
