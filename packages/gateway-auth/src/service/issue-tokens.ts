import { randomUUID } from 'node:crypto'
import type { ClientRecord } from '../client/client-record.ts'
import type { TokenFamily } from '../family/token-family.ts'
import { signAccess } from '../token/sign-access-token.ts'
import { signRefresh, type FirstTokenInput } from '../token/sign-refresh-token.ts'
import { authenticate } from './authenticate-client.ts'
import { grantedScope } from './granted-scope.ts'
import type { ServiceContext } from './service-context.ts'
import type { ClientCredentials, IssuedTokens } from './service-types.ts'

/**
 * See `AuthService.issueTokens`. Stores nothing: what a record would say is in the refresh token, and its first use, or
 * its revocation, makes the record.
 */
export async function issueTokens(
  context: ServiceContext,
  credentials: ClientCredentials,
  scope: readonly string[] | undefined,
): Promise<IssuedTokens> {
  // Taken before the client is read: a client disabled from now on voids every token issued until then, this one too.
  const now = Date.now()
  const client = await authenticate(context, credentials)
  const granted = grantedScope(scope, client.capabilities)
  const familyId = randomUUID()
  // From the second that the token names, as whoever uses it will reckon.
  const endsAt = Math.floor(now / 1000) * 1000 + context.settings.familyTtlSeconds * 1000
  const first = { clientId: client.clientId, scope: scope === undefined ? null : granted }
  const family = { familyId, jti: randomUUID(), endsAt }
  const tokens = await signTokens(context, client, family, granted, now, first)
  context.emit({ type: 'tokens_issued', clientId: client.clientId, familyId })
  return tokens
}

/** Signs the two tokens of a family's current state; `first` when it is the state in which the family begins. */
export async function signTokens(
  { settings }: ServiceContext,
  client: ClientRecord,
  family: Pick<TokenFamily, 'familyId' | 'jti' | 'endsAt'>,
  scope: readonly string[],
  now: number,
  first: FirstTokenInput | null = null,
): Promise<IssuedTokens> {
  const { clientId, hostId, namespaceId, tier } = client
  const { familyId, jti, endsAt } = family
  const [access, refreshToken] = await Promise.all([
    signAccess(
      {
        hostId,
        namespaceId,
        tier,
        type: 'machine',
        clientId,
        permissions: scope,
        familyId,
        issuedAt: now,
        notAfter: endsAt,
      },
      settings,
    ),
    signRefresh(hostId, { familyId, jti, issuedAt: now, notAfter: endsAt }, settings, first),
  ])
  return {
    accessToken: access.token,
    refreshToken,
    expiresIn: access.expiresIn,
    tokenType: 'Bearer',
    scope,
  }
}
