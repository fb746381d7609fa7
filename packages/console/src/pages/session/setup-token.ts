import { setupTokenOf } from './setup-link.ts'

let token: string | null = null

/**
 * Takes the set-up token out of the address, where history, screenshots and a look over the shoulder would find it. It is
 * kept in memory only.
 */
export function takeSetupToken(): void {
  const found = setupTokenOf(location.hash, location.pathname)
  if (found === null) return
  token = found
  history.replaceState(null, '', '/setup')
}

/** The token that the address carried, if it did. */
export function setupToken(): string | null {
  return token
}
