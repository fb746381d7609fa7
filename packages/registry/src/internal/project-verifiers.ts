import {
  allowInsecureHttp,
  createRemoteKeySet,
  createSecretKeySet,
  createTokenVerifier,
  type KeySet,
  type RemoteKeySetOptions,
  type TokenVerifier,
} from '@portcullis/auth-core'
import { createVerifier } from '@portcullis/oidc-middleware'
import type { MachineTokens } from '../authorize/machine-tokens.ts'
import { RegistryError } from '../errors.ts'
import type { JwksAuth, KeyedSecretAuth, MachineAuth, SecretAuth } from '../project/project.ts'
import type { FoundProject } from '../store/registry-store.ts'
import { asList } from '../project/token-overlap.ts'
import { machineVerifier } from './machine-verifier.ts'

/** Verifiers kept; the least recently used one goes first, at the price of one more key download. */
const MAX_VERIFIERS = 1000

interface Entry {
  fingerprint: string
  /** What the verifier was made of where that cannot be told from a text. */
  keys: KeySet | undefined
  verify: TokenVerifier
}

/** How keys are downloaded, and what verifies machine tokens. */
interface Means extends Pick<RemoteKeySetOptions, 'egress' | typeof allowInsecureHttp> {
  machineTokens: MachineTokens | undefined
}

type TokenAuth = SecretAuth | KeyedSecretAuth | JwksAuth | MachineAuth

/** Verifiers by project. Key sets live as long as the project's configuration stays the same. */
export interface ProjectVerifiers {
  verifierOf(project: FoundProject, auth: TokenAuth): TokenVerifier
}

/** Makes the cache of one registry. */
export function createProjectVerifiers(means: Means): ProjectVerifiers {
  const entries = new Map<string, Entry>()
  return {
    verifierOf(project, auth) {
      const key = `${project.workspaceId}/${project.projectId}`
      // A store may hand out a new object each time, so identity does not tell whether something changed.
      const fingerprint = project.authVersion ?? JSON.stringify(auth)
      // But for a key set, of which a text says nothing.
      const keys = project.authVersion === undefined && 'keys' in auth ? auth.keys : undefined
      const known = entries.get(key)
      const isSame = known?.fingerprint === fingerprint && known.keys === keys
      const entry = isSame ? known : { fingerprint, keys, verify: build(key, auth, means) }
      entries.delete(key)
      entries.set(key, entry)
      if (entries.size > MAX_VERIFIERS) entries.delete(entries.keys().next().value as string)
      return entry.verify
    },
  }
}

function build(name: string, auth: TokenAuth, means: Means): TokenVerifier {
  try {
    if (auth.mode === 'jwt-secret') return secretVerifier(auth)
    return auth.mode === 'machine' ? machineVerifier(auth, means.machineTokens) : jwksVerifier(auth, means)
  } catch (error) {
    throw new RegistryError('ERR_PROJECT_MISCONFIGURED', `project ${name} cannot verify tokens`, {
      cause: error,
    })
  }
}

/** The algorithms of a configuration that names none. */
export const DEFAULT_ALGORITHMS: {
  readonly 'jwt-secret': readonly ['HS256']
  readonly 'jwt-jwks': readonly ['RS256', 'ES256']
} = {
  'jwt-secret': ['HS256'],
  'jwt-jwks': ['RS256', 'ES256'],
}

function secretVerifier(auth: SecretAuth | KeyedSecretAuth): TokenVerifier {
  const { algorithms = DEFAULT_ALGORITHMS[auth.mode], issuer, audience } = auth
  const keys = 'keys' in auth ? auth.keys : createSecretKeySet(auth.secret)
  return createTokenVerifier({ keys, algorithms, issuer, audience })
}

function jwksVerifier(auth: JwksAuth, means: Means): TokenVerifier {
  const { algorithms = DEFAULT_ALGORITHMS[auth.mode], issuer, audience, jwksUrl, discovery } = auth
  // Types do not bind a store. Without these two, a token that the provider made for anybody else would be good here.
  if (issuer === undefined || audience === undefined)
    throw new TypeError('"issuer" and "audience" are required')
  if (jwksUrl !== undefined && discovery === undefined) {
    const keys = createRemoteKeySet(jwksUrl, {
      egress: means.egress,
      [allowInsecureHttp]: means[allowInsecureHttp],
    })
    return createTokenVerifier({ keys, algorithms, issuer, audience })
  }
  if (jwksUrl !== undefined) throw new TypeError('"jwksUrl" and "discovery" exclude each other')
  const { verify } = createVerifier({
    issuers: asList(issuer).map((one) => ({ issuer: one, audience, algorithms, discovery: true })),
    // A token is verified once per session; the gateways remember what they were told.
    maxCachedTokens: 0,
    egress: means.egress,
    [allowInsecureHttp]: means[allowInsecureHttp],
  })
  return async (token) => (await verify(token)).claims
}
