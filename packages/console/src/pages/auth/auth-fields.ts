import type { ChangedAuth, ProjectAuth } from '../api/projects.ts'
import { fromList, toList } from '../text/display.ts'
import type { AuthMode } from './auth-modes.ts'

/** The form of the wizard: every mode's fields, so that a look at another mode loses nothing. */
export interface AuthFields {
  readonly mode: AuthMode
  readonly issuers: readonly string[]
  readonly audiences: readonly string[]
  readonly secretAlgorithms: readonly string[]
  readonly keyAlgorithms: readonly string[]
  /** Where the keys are: found through the issuer, or at an address. */
  readonly keysFrom: 'discovery' | 'url'
  readonly jwksUrl: string
  readonly namespaces: readonly string[]
  /** A new secret, where the project has none yet. */
  readonly secret: string
  /** Whether the project has a secret that stays. */
  readonly hasSecret: boolean
}

export function toAuthFields(auth: ProjectAuth): AuthFields {
  const token = auth.mode === 'jwt-jwks' || auth.mode === 'jwt-secret' ? auth : undefined
  return {
    mode: auth.mode,
    issuers: toList(token?.issuer),
    audiences: toList(token?.audience),
    secretAlgorithms: (auth.mode === 'jwt-secret' && auth.algorithms) || [],
    keyAlgorithms: (auth.mode === 'jwt-jwks' && auth.algorithms) || [],
    keysFrom: auth.mode === 'jwt-jwks' && auth.jwksUrl !== undefined ? 'url' : 'discovery',
    jwksUrl: (auth.mode === 'jwt-jwks' && auth.jwksUrl) || '',
    namespaces: auth.mode === 'machine' ? auth.namespaces : [],
    secret: '',
    hasSecret: auth.mode === 'jwt-secret' && auth.secrets.length > 0,
  }
}

export function toChangedAuth(fields: AuthFields): ChangedAuth {
  const issuer = fromList(fields.issuers)
  const audience = fromList(fields.audiences)
  switch (fields.mode) {
    case 'none':
      return { mode: 'none' }
    case 'machine':
      return { mode: 'machine', namespaces: fields.namespaces }
    case 'jwt-secret':
      return {
        mode: 'jwt-secret',
        ...(issuer !== undefined && { issuer }),
        ...(audience !== undefined && { audience }),
        ...algorithms(fields.secretAlgorithms),
        // What is there stays; a new one is added where secrets are looked after.
        ...(!fields.hasSecret && { secret: fields.secret }),
      }
    case 'jwt-jwks':
  }
  return {
    mode: 'jwt-jwks',
    ...(fields.keysFrom === 'url' ? { jwksUrl: fields.jwksUrl.trim() } : { discovery: true as const }),
    issuer: issuer ?? '',
    audience: audience ?? '',
    ...algorithms(fields.keyAlgorithms),
  }
}

export type AuthErrors = Partial<
  Record<'issuers' | 'audiences' | 'jwksUrl' | 'namespaces' | 'secret', string>
>

const MIN_SECRET_BYTES = 32

/** What is still missing or wrong; the server has the last word. */
export function checkAuth(fields: AuthFields): AuthErrors {
  const errors: AuthErrors = {}
  if (fields.mode === 'machine' && fields.namespaces.length === 0) {
    errors.namespaces = 'Name at least one namespace.'
  }
  if (fields.mode === 'jwt-secret' && !fields.hasSecret) {
    const length = new TextEncoder().encode(fields.secret).length
    if (length < MIN_SECRET_BYTES) errors.secret = `A secret has at least ${MIN_SECRET_BYTES} bytes.`
  }
  if (fields.mode === 'jwt-jwks') {
    if (fields.issuers.length === 0)
      errors.issuers = 'Keys alone do not say whom a token is from: name the issuer.'
    if (fields.audiences.length === 0) {
      errors.audiences = 'Keys alone do not say whom a token is for: name your audience.'
    }
    if (fields.keysFrom === 'url' && !/^https?:\/\/\S+$/i.test(fields.jwksUrl.trim())) {
      errors.jwksUrl = 'The address of a key set begins with https://'
    }
  }
  return errors
}

function algorithms(chosen: readonly string[]): { algorithms?: readonly string[] } {
  return chosen.length === 0 ? {} : { algorithms: chosen }
}
