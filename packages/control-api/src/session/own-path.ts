const BASE = 'http://own.invalid'
const MAX_LENGTH = 2048

/**
 * A path of this server to go to after signing in; `/` for whatever could lead elsewhere. Browsers read `\` as `/`, and leave out
 * tabs and line breaks, so `/\example.com` is the address of somebody else.
 */
export function ownPath(target: string | undefined): string {
  if (
    target === undefined ||
    target.length > MAX_LENGTH ||
    !/^\/(?![/\\])[\x21-\x5b\x5d-\x7e]*$/.test(target)
  )
    return '/'
  const url = URL.canParse(target, BASE) ? new URL(target, BASE) : null
  // `/.//example.com` is a path whose normal form is the address of somebody else.
  if (url === null || url.origin !== BASE || url.pathname.startsWith('//')) return '/'
  return `${url.pathname}${url.search}${url.hash}`
}
