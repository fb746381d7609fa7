import { AuthError } from '../errors.ts'

/** bcrypt reads no further; a longer secret would be one with every secret that begins like it. */
export const MAX_SECRET_BYTES = 72

/** @throws AuthError `ERR_AUTH_SECRET_INVALID` unless bcrypt reads the whole secret as it is */
export function assertHashable(secret: unknown): asserts secret is string {
  if (typeof secret !== 'string') throw refused('must be text')
  // The length in characters comes first: counting the bytes of megabytes is work.
  if (secret.length > MAX_SECRET_BYTES || Buffer.byteLength(secret) > MAX_SECRET_BYTES) {
    throw refused(`must not be longer than ${MAX_SECRET_BYTES} bytes`)
  }
  if (secret === '') throw refused('must not be empty')
  // Some implementations end at NUL, and halves of surrogate pairs have no UTF-8.
  if (secret.includes('\0') || !secret.isWellFormed()) throw refused('must be well-formed text without NUL')
}

function refused(reason: string): AuthError {
  return new AuthError('ERR_AUTH_SECRET_INVALID', `the secret ${reason}`)
}
