/** `#token=…` on any page, and whatever stands behind `#` on the page for setting up. */
export function setupTokenOf(hash: string, path: string): string | null {
  const fragment = hash.replace(/^#/, '')
  const named = new URLSearchParams(fragment)
  const found = named.get('token') ?? named.get('setup')
  if (found !== null && found !== '') return found
  const isAlone = path === '/setup' && fragment !== '' && !fragment.includes('=')
  return isAlone ? fragment : null
}
