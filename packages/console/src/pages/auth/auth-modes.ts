import type { ProjectAuth } from '../api/projects.ts'

export type AuthMode = ProjectAuth['mode']

interface ModeText {
  readonly title: string
  /** For a badge. */
  readonly short: string
  /** What it means. */
  readonly text: string
  /** When to choose it. */
  readonly when: string
}

/** The ways in which clients prove who they are, in the order of how often they are what one wants. */
export const AUTH_MODES: Readonly<Record<AuthMode, ModeText>> = {
  'jwt-jwks': {
    title: 'Identity provider',
    short: 'Identity provider',
    text: 'Your users sign in with a provider such as Keycloak, Auth0, Entra or BetterAuth. Tokens are checked with the keys that it publishes.',
    when: 'You have a provider, and no secret to look after.',
  },
  'jwt-secret': {
    title: 'Shared secret',
    short: 'Shared secret',
    text: 'Your own server signs short-lived tokens with a secret that only it and this project know.',
    when: 'Your application has its own sign-in.',
  },
  machine: {
    title: 'Machine clients',
    short: 'Machines',
    text: 'Services and devices that registered with this installation connect with the access tokens it issued.',
    when: 'No people are involved.',
  },
  none: {
    title: 'Everybody',
    short: 'Open',
    text: 'Anybody who reaches the host may connect, without a name.',
    when: 'For trying things out, or for what is public anyway.',
  },
}

export const SECRET_ALGORITHMS: readonly string[] = ['HS256', 'HS384', 'HS512']
export const KEY_ALGORITHMS: readonly string[] = [
  'RS256',
  'RS384',
  'RS512',
  'PS256',
  'PS384',
  'PS512',
  'ES256',
  'ES384',
  'ES512',
  'EdDSA',
  'Ed25519',
]
