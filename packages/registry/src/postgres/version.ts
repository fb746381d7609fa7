import { randomBytes } from 'node:crypto'
import { RegistryError } from '../errors.ts'
import type { ChangeOf } from '../management/managed-store.ts'

/** Random, so that something deleted and made again under its old id is never taken for what it was. */
export function newVersion(): string {
  return randomBytes(12).toString('base64url')
}

/**
 * @throws TypeError when the change names no version
 * @throws RegistryError `ERR_VERSION_MISMATCH`
 */
export function assertVersion(current: { readonly version: string }, { version }: ChangeOf): void {
  if (typeof version !== 'string') throw new TypeError('"version" must be the version that was read')
  if (version !== current.version) {
    throw new RegistryError('ERR_VERSION_MISMATCH', 'it was changed since it was read')
  }
}
