import { parseHost } from '@portcullis/auth-core'
import { RegistryError } from '../errors.ts'

/**
 * Brings a `Host` header value into the one form in which hosts are stored and compared: that of `parseHost` of
 * `@portcullis/auth-core`.
 *
 * @throws RegistryError `ERR_HOST_INVALID` for anything that is not exactly one host with an optional port
 */
export function normalizeHost(host: string): string {
  const normal = parseHost(host)
  if (normal === null) throw new RegistryError('ERR_HOST_INVALID', 'the host is not a valid host name')
  return normal
}
