import { randomUUID } from 'node:crypto'
import { AuthError } from '@portcullis/auth-core'
import type { ClientRecord } from '../client/client-record.ts'
import { getClient } from '../client/get-client.ts'
import { GatewayAuthError } from '../errors.ts'
import { findFamilyOf, writeFamily } from '../family/find-family.ts'
import { succeedingFamily } from '../family/new-family.ts'
import { contended, endFamily, MAX_ATTEMPTS } from '../family/revoke-family.ts'
import { openAnswer, sealAnswer } from '../family/seal.ts'
import type { TokenFamily } from '../family/token-family.ts'
import { tokenState } from '../family/token-state.ts'
import type { RefreshClaims } from '../token/verify-refresh-token.ts'
import { authenticate } from './authenticate-client.ts'
import { grantedScope } from './granted-scope.ts'
import { signTokens } from './issue-tokens.ts'
import type { ServiceContext } from './service-context.ts'
import type { ClientCredentials, IssuedTokens } from './service-types.ts'

/**
 * See `AuthService.refreshTokens`. The family's record is written once everything else is done: before that the old token
 * is live, after it the new one, and a crash in between loses an answer and leaves no second live token.
 */
export async function refreshTokens(
  context: ServiceContext,
  refreshToken: string,
  options: { client?: ClientCredentials | undefined; scope?: readonly string[] | undefined },
): Promise<IssuedTokens> {
  const caller = options.client === undefined ? null : await authenticate(context, options.client)
  const claims = await readToken(context, refreshToken)
  for (let attempt = 0; attempt < MAX_ATTEMPTS; attempt += 1) {
    // See issueTokens.
    const now = Date.now()
    const found = await findFamilyOf(context.store, claims, context.settings)
    if (found === null) throw refused()
    const { family } = found
    // Another client's token: no business of this one, and no reason to end the family.
    if (caller !== null && caller.clientId !== family.clientId) throw refused()
    const state = tokenState(family, claims, now, context.settings.refreshGraceMs)
    if (state === 'over') return refuseFinished(context, family)
    if (state === 'reused') return refuseReuse(context, family)
    const client = await clientOf(context, family, claims)
    if (state === 'replayed') return repeat(context, family, refreshToken, now)

    const next = succeedingFamily(family, {
      jti: randomUUID(),
      now,
      refreshTtlSeconds: context.settings.refreshTtlSeconds,
      previous: null,
    })
    const scope = grantedScope(options.scope, scopeOnOffer(family, client))
    const tokens = await signTokens(context, client, next, scope, now)
    // What has no second left is at its end.
    if (tokens.expiresIn < 1) throw refused()
    const previous = keptAnswer(context, family, refreshToken, tokens, now)
    if (await writeFamily(context.store, { ...next, previous }, found)) {
      context.emit({ type: 'tokens_refreshed', clientId: client.clientId, familyId: family.familyId })
      return tokens
    }
    // Somebody was faster: look again at what the token is by now.
  }
  throw contended()
}

async function readToken({ verifyRefresh }: ServiceContext, token: string): Promise<RefreshClaims> {
  try {
    return await verifyRefresh(token)
  } catch (error) {
    if (AuthError.is(error) && error.statusCode < 500) throw refused()
    throw error
  }
}

async function clientOf(
  { store }: ServiceContext,
  family: TokenFamily,
  claims: RefreshClaims,
): Promise<ClientRecord> {
  const client = await getClient(store, family.clientId)
  if (client === null || client.disabledAt !== null || client.hostId !== claims.hostId) throw refused()
  return client
}

function scopeOnOffer(family: TokenFamily, client: ClientRecord): readonly string[] {
  const { scope } = family
  return scope === null ? client.capabilities : client.capabilities.filter((one) => scope.includes(one))
}

function keptAnswer(
  { settings }: ServiceContext,
  family: TokenFamily,
  refreshToken: string,
  tokens: IssuedTokens,
  now: number,
): TokenFamily['previous'] {
  if (settings.refreshGraceMs === 0) return null
  const answer = {
    accessToken: tokens.accessToken,
    refreshToken: tokens.refreshToken,
    accessExpiresAt: now + tokens.expiresIn * 1000,
    scope: tokens.scope,
  }
  return { jti: family.jti, usedAt: now, sealed: sealAnswer(answer, refreshToken, family.familyId) }
}

/** The answer that the token got when it was used. */
function repeat(
  context: ServiceContext,
  family: TokenFamily,
  refreshToken: string,
  now: number,
): IssuedTokens {
  const answer =
    family.previous === null ? null : openAnswer(family.previous.sealed, refreshToken, family.familyId)
  if (answer === null) throw refused()
  context.emit({ type: 'refresh_repeated', clientId: family.clientId, familyId: family.familyId })
  return {
    accessToken: answer.accessToken,
    refreshToken: answer.refreshToken,
    expiresIn: Math.max(0, Math.floor((answer.accessExpiresAt - now) / 1000)),
    tokenType: 'Bearer',
    scope: answer.scope,
  }
}

async function refuseReuse(context: ServiceContext, { familyId, clientId }: TokenFamily): Promise<never> {
  const ended = await endFamily(context.store, familyId, context.accessLifeMs, context.noteRevocation)
  if (ended?.isNew === true) {
    context.emit({ type: 'refresh_reuse_detected', clientId, familyId })
    context.emit({ type: 'family_revoked', clientId, familyId, reason: 'reuse' })
  }
  throw refused()
}

/** A family that was revoked may still lack the revocation of its access tokens, when the store failed in between. */
async function refuseFinished(
  { store, accessLifeMs, noteRevocation }: ServiceContext,
  { familyId, revokedAt }: TokenFamily,
): Promise<never> {
  if (revokedAt !== null) await endFamily(store, familyId, accessLifeMs, noteRevocation)
  throw refused()
}

/** One answer for whatever is wrong with a refresh token. */
function refused(): GatewayAuthError {
  return new GatewayAuthError('ERR_REFRESH_TOKEN_INVALID', 'the refresh token is not valid')
}
