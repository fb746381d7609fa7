import { randomBytes } from 'node:crypto'
import { createKeyRing, type KeyRing, type SigningKeyOptions } from '@portcullis/auth-core'
import type { FastifyBaseLogger } from 'fastify'
import type { Environment } from '../environment/environment.ts'
import { readKeyFile } from './key-file.ts'

/** Later than any clock: such a key verifies and never signs. */
const NEVER = Date.parse('9999-12-31T23:59:59Z')

/** The keys for machine tokens, those of the file before the secret. */
export function createKeys(env: Environment, logger: FastifyBaseLogger): KeyRing {
  const { GATEWAY_JWT_KEYS_FILE, GATEWAY_JWT_SECRET, GATEWAY_JWT_VERIFY_SECRETS } = env
  const file = GATEWAY_JWT_KEYS_FILE === undefined ? [] : readKeyFile(GATEWAY_JWT_KEYS_FILE)
  const verifying = [...GATEWAY_JWT_VERIFY_SECRETS]
  const signing: SigningKeyOptions[] = [...file]
  if (file.length > 0 && GATEWAY_JWT_SECRET !== undefined) verifying.unshift(GATEWAY_JWT_SECRET)
  if (file.length === 0) signing.push(secretKey(GATEWAY_JWT_SECRET ?? randomSecret(logger)))
  return createKeyRing([...signing, ...verifying.map((key) => ({ ...secretKey(key), signFrom: NEVER }))])
}

function secretKey(key: string): SigningKeyOptions {
  return { algorithm: 'HS256', key }
}

/** Never a constant: everybody would know it. */
function randomSecret(logger: FastifyBaseLogger): string {
  logger.warn('GATEWAY_JWT_SECRET is not set: machine tokens are good for this process only, until it ends')
  return randomBytes(64).toString('hex')
}
