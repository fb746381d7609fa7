import { createCachedVerifier } from '@portcullis/auth-core'
import { createSecretHasher } from '@portcullis/auth-core/hashing'
import { cachingHasher, type CachingHasher } from '../client/secret-cache.ts'
import { accessLifeMs } from '../revocation/access-life.ts'
import { RevocationList } from '../revocation/revocation-list.ts'
import type { Revocation } from '../revocation/revocation.ts'
import type { AccessClaims } from '../token/access-claims.ts'
import { accessVerifier, type AccessVerifier } from '../token/verify-access-token.ts'
import { refreshVerifier, type RefreshVerifier } from '../token/verify-refresh-token.ts'
import { emitTo, type Emit } from './auth-event.ts'
import type { ServiceSettings } from './service-settings.ts'

/** What the operations of a service share. */
export interface ServiceContext {
  readonly settings: ServiceSettings
  readonly store: ServiceSettings['store']
  readonly hasher: CachingHasher
  readonly verifyAccess: AccessVerifier
  readonly verifyRefresh: RefreshVerifier
  readonly revocations: RevocationList
  readonly listeners: Set<(revocation: Revocation) => void>
  readonly emit: Emit
  /** How long revocations are kept, milliseconds. */
  readonly accessLifeMs: number
  /** Notes a revocation and tells the listeners, unless it is known. */
  readonly noteRevocation: (revocation: Revocation) => void
  readonly closeHasher: () => Promise<void>
}

export function serviceContext(settings: ServiceSettings): ServiceContext {
  const own = settings.hasher === undefined ? createSecretHasher() : undefined
  const revocations = new RevocationList(settings.maxRevocations)
  const listeners = new Set<(revocation: Revocation) => void>()
  const emit = emitTo(settings.onEvent)
  return {
    settings,
    store: settings.store,
    hasher: cachingHasher(settings.hasher ?? (own as CachingHasher), settings.secretCacheMs),
    verifyAccess: cached(accessVerifier(settings), settings),
    verifyRefresh: refreshVerifier(settings),
    revocations,
    listeners,
    emit,
    accessLifeMs: accessLifeMs(settings.accessTtlSeconds, settings.clockToleranceSeconds),
    noteRevocation: (revocation) => {
      if (!revocations.add(revocation)) return
      for (const listener of listeners) {
        try {
          listener(revocation)
        } catch {
          // One listener's mistake must not keep the others from closing their sockets.
          emit({ type: 'listener_failed' })
        }
      }
    },
    closeHasher: async () => own?.close(),
  }
}

function cached(verify: AccessVerifier, { maxCachedTokens, keys }: ServiceSettings): AccessVerifier {
  if (maxCachedTokens === 0) return verify
  // Revocations are looked up on each call, outside of the cache.
  const remembered = createCachedVerifier(verify, { maxEntries: maxCachedTokens, keys })
  return async (token) => (await remembered(token)) as AccessClaims
}
