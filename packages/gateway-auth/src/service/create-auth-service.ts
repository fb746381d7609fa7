import { AuthError } from '@portcullis/auth-core'
import { clientView } from '../client/client-view.ts'
import { getClient } from '../client/get-client.ts'
import type { StoreSubscription } from '../store/auth-store.ts'
import type { AccessClaims } from '../token/access-claims.ts'
import { authContextOf } from '../token/auth-context.ts'
import { deleteClient, revokeFamily, rotateSecret, updateClient } from './administration.ts'
import { authenticate } from './authenticate-client.ts'
import { introspectToken } from './introspect-token.ts'
import { issueTokens } from './issue-tokens.ts'
import { refreshTokens } from './refresh-tokens.ts'
import { registerClient } from './register-client.ts'
import { revokeToken } from './revoke-token.ts'
import { serviceContext } from './service-context.ts'
import { serviceSettings, type AuthServiceOptions } from './service-settings.ts'
import type { AuthService } from './service-types.ts'

/**
 * A service for machine clients: they register, get tokens, refresh and revoke them. Opens nothing before `start`.
 *
 * @throws TypeError naming the option that is wrong
 */
export function createAuthService(options: AuthServiceOptions): AuthService {
  const settings = serviceSettings(options)
  const context = serviceContext(settings)
  const { store, revocations, listeners, emit } = context
  let watch: StoreSubscription | undefined
  let isCurrent = false
  let hasStarted = false
  let starting: Promise<void> | undefined
  let closing: Promise<void> | undefined

  async function open(): Promise<void> {
    await store.start()
    const opened = await store.watchRevocations(context.noteRevocation, (state) => {
      if (state === isCurrent || closing !== undefined) return
      isCurrent = state
      emit({ type: state ? 'revocations_current' : 'revocations_behind' })
    })
    if (closing !== undefined) return opened.close()
    watch = opened
    isCurrent = true
    hasStarted = true
  }

  async function shut(): Promise<void> {
    isCurrent = false
    try {
      await starting?.catch(() => undefined)
      await watch?.close()
    } finally {
      listeners.clear()
      await context.closeHasher()
    }
  }

  async function verifyClaims(token: unknown): Promise<AccessClaims> {
    const claims = await context.verifyAccess(token)
    // Before the first look into the store nothing is known about any token, however good its signature.
    if (!hasStarted) {
      throw new AuthError('ERR_AUTH_KEYS_UNAVAILABLE', 'it is not known yet which tokens are revoked')
    }
    // On each call, because the token may have been verified before it was revoked.
    if (revocations.isRevoked(claims)) {
      throw new AuthError('ERR_AUTH_TOKEN_INVALID', 'the token has been revoked')
    }
    return claims
  }

  const service: AuthService = {
    issuer: settings.issuer,
    keys: settings.keys,
    store,
    isRegistrationOpen: settings.registration.isOpen,
    allowedCapabilities: settings.allowedCapabilities,
    get hasCurrentRevocations() {
      return isCurrent
    },
    start: async () => {
      if (closing !== undefined) throw new TypeError('the service is closed')
      starting ??= open().catch((error: unknown) => {
        starting = undefined
        throw error
      })
      return starting
    },
    close: async () => (closing ??= shut()),
    [Symbol.asyncDispose]: async () => service.close(),

    register: async (input, { initialAccessToken } = {}) =>
      registerClient(context, input, initialAccessToken),
    authenticateClient: async (credentials) => clientView(await authenticate(context, credentials)),
    issueTokens: async (credentials, { scope } = {}) => issueTokens(context, credentials, scope),
    refreshTokens: async (refreshToken, refreshOptions = {}) =>
      refreshTokens(context, refreshToken, refreshOptions),
    revokeToken: async (token, { clientId }) => revokeToken(context, token, clientId),
    introspect: async (token, { namespaceId } = {}) => introspectToken(context, token, namespaceId),
    verify: async (token) => authContextOf(await verifyClaims(token)),
    verifyClaims,
    isRevoked: (claims) => revocations.isRevoked(claims),
    onRevocation: (listener) => {
      // A wrapper of its own, so that one function may listen twice.
      const own: typeof listener = (revocation) => listener(revocation)
      listeners.add(own)
      return () => void listeners.delete(own)
    },

    findClient: async (clientId) => {
      const client = await getClient(store, clientId)
      return client === null ? null : clientView(client)
    },
    listClients: async ({ namespaceId, after, limit = 100 } = {}) => {
      const { clients, next } = await store.listClients({ namespaceId, after, limit })
      return { clients: clients.map(clientView), next }
    },
    updateClient: async (clientId, changes) => updateClient(context, clientId, changes),
    deleteClient: async (clientId) => deleteClient(context, clientId),
    rotateSecret: async (clientId) => rotateSecret(context, clientId),
    revokeFamily: async (familyId) => revokeFamily(context, familyId),
  }
  return Object.freeze(service)
}
