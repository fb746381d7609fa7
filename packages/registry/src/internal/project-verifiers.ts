import {
  type allowInsecureHttp,
  createRemoteKeySet,
  createSecretKeySet,
  createTokenVerifier,
  type RemoteKeySetOptions,
  type TokenVerifier,
} from '@portcullis/auth-core'
import { RegistryError } from '../errors.ts'
import type { JwksAuth, Project, SecretAuth } from '../project/project.ts'

/** Verifiers kept; the least recently used one goes first, at the price of one more key download. */
const MAX_VERIFIERS = 1000

interface Entry {
  fingerprint: string
  verify: TokenVerifier
}

/** How keys are downloaded. */
type Downloads = Pick<RemoteKeySetOptions, 'egress' | typeof allowInsecureHttp>

/** Verifiers by project. Key sets live as long as the project's configuration stays the same. */
export interface ProjectVerifiers {
  verifierOf(project: Project, auth: SecretAuth | JwksAuth): TokenVerifier
}

/** Makes the cache of one registry. */
export function createProjectVerifiers(downloads: Downloads): ProjectVerifiers {
  const entries = new Map<string, Entry>()
  return {
    verifierOf(project, auth) {
      const key = `${project.workspaceId}/${project.projectId}`
      // A store may hand out a new object each time, so identity does not tell whether something changed.
      const fingerprint = JSON.stringify(auth)
      const known = entries.get(key)
      const entry =
        known?.fingerprint === fingerprint ? known : { fingerprint, verify: build(key, auth, downloads) }
      entries.delete(key)
      entries.set(key, entry)
      if (entries.size > MAX_VERIFIERS) entries.delete(entries.keys().next().value as string)
      return entry.verify
    },
  }
}

function build(name: string, auth: SecretAuth | JwksAuth, downloads: Downloads): TokenVerifier {
  try {
    return auth.mode === 'jwt-secret' ? secretVerifier(auth) : jwksVerifier(auth, downloads)
  } catch (error) {
    throw new RegistryError('ERR_PROJECT_MISCONFIGURED', `project ${name} cannot verify tokens`, {
      cause: error,
    })
  }
}

function secretVerifier(auth: SecretAuth): TokenVerifier {
  const { algorithms = ['HS256'], issuer, audience } = auth
  return createTokenVerifier({ keys: createSecretKeySet(auth.secret), algorithms, issuer, audience })
}

function jwksVerifier(auth: JwksAuth, downloads: Downloads): TokenVerifier {
  const { algorithms = ['RS256', 'ES256'], issuer, audience } = auth
  // Types do not bind a store. Without these two, a token that the provider made for anybody else would be good here.
  if (issuer === undefined || audience === undefined)
    throw new TypeError('"issuer" and "audience" are required')
  const keys = createRemoteKeySet(auth.jwksUrl, downloads)
  return createTokenVerifier({ keys, algorithms, issuer, audience })
}
