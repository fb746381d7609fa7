import { isIPv4 } from 'node:net'
import { RegistryError } from '../errors.ts'
import { normalizeHost } from './normalize-host.ts'

/**
 * {@link normalizeHost} for a host as a project has it: also `*.` before a name, which stands for one label. The name has a
 * dot in it, or is `localhost`, so that nobody takes all of a top-level domain. Whether it is a public suffix, such as
 * `co.uk`, is not known here.
 *
 * @throws RegistryError `ERR_HOST_INVALID`
 */
export function normalizeHostPattern(pattern: string): string {
  if (typeof pattern !== 'string' || !pattern.startsWith('*.')) return normalizeHost(pattern)
  const name = normalizeHost(pattern.slice(2))
  const isWide = !name.includes('.') && name !== 'localhost'
  if (isWide || isAddress(name) || name.length > MAX_PARENT) {
    throw new RegistryError('ERR_HOST_INVALID', 'the host is not a valid host name')
  }
  return `*.${name}`
}

/** A name that leaves room for a label and a dot before it. */
const MAX_PARENT = 251

/** The wildcard that stands for a normalised host, or null when none can. */
export function wildcardOf(host: string): string | null {
  const parent = parentOf(host)
  return parent === null || host.startsWith('*') ? null : `*.${parent}`
}

/** A normalised host or wildcard without its first label; null where there is no more than one. */
export function parentOf(host: string): string | null {
  const dot = host.indexOf('.')
  return isAddress(host) || dot === -1 ? null : host.slice(dot + 1)
}

function isAddress(host: string): boolean {
  return host.startsWith('[') || isIPv4(host)
}
