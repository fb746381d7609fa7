import { usageError } from '../errors.ts'

/**
 * The base of a server's URLs, with a slash at its end.
 *
 * @param name - of the option or variable, for the message
 * @throws CliError `ERR_CLI_USAGE` for what is no plain http: or https: URL; does not repeat it, since it may hold a password
 */
export function serverUrl(text: string, name: string): URL {
  const url = URL.canParse(text) ? new URL(text) : undefined
  const isPlain =
    url !== undefined &&
    /^https?:$/.test(url.protocol) &&
    url.username === '' &&
    url.password === '' &&
    url.search === '' &&
    url.hash === ''
  if (!isPlain) {
    throw usageError(`${name} must be an http: or https: URL without credentials, query and fragment`)
  }
  if (!url.pathname.endsWith('/')) url.pathname += '/'
  return url
}

/** Whether what is sent there can be read on the way. */
export function isReadableOnTheWay(url: URL): boolean {
  return url.protocol === 'http:' && !isThisMachine(url.hostname)
}

/** Whether a host name is one of this machine's own. */
export function isThisMachine(hostname: string): boolean {
  return /^(?:localhost|(?:.+\.)?localhost|127(?:\.\d{1,3}){3}|\[?::1\]?)$/.test(hostname)
}
