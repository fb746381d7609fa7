import { randomBytes } from 'node:crypto'
import {
  type AccessTokens,
  AuthError,
  createKeyRing,
  createTokenVerifier,
  integerOption,
  type KeyRing,
  type TokenClaims,
} from '@portcullis/auth-core'
import type { AuthenticationOptions } from './options.ts'

export interface TokenOptions {
  /**
   * Lifetime of the tokens that the gateway issues, seconds, integer ≥ 1.
   * @defaultValue 86400 for access tokens, 600 for gateway tokens
   */
  ttl?: number | undefined
  /**
   * What signs them, 32 bytes or more: the same on every node, so that a client can come back to another one.
   * @defaultValue random, so that tokens end with the process
   */
  secret?: string | Uint8Array | undefined
}

/** The tokens of one gateway. An access token is no gateway token, nor the other way round. */
export interface GatewayTokens {
  /** Handed out with the welcome. */
  readonly access: AccessTokens
  readonly gateway: GatewayTokenIssuer
}

/** Whom a gateway token stands for. */
export interface GatewayTokenSubject {
  readonly user: string
  /** When the credential ends that it was made on the strength of, milliseconds since the epoch: so does what it lets in. */
  readonly credentialEndsAtMs?: number | undefined
}

/** Tokens asked for with `create-token`: for another application of the same user. */
export interface GatewayTokenIssuer {
  issue(subject: GatewayTokenSubject): Promise<string>
  /** @throws AuthError for a token that is not one of these, or no longer */
  verify(token: unknown): Promise<GatewayTokenSubject>
}

const ACCESS_TTL = 86_400
const GATEWAY_TTL = 600
/** Ten years: later than any `exp` that makes sense. */
const MAX_TTL = 315_360_000

/** @throws TypeError naming the option that is wrong */
export function createGatewayTokens(
  { ttl, secret = randomBytes(32) }: TokenOptions = {},
  authentication: Pick<AuthenticationOptions, 'basic' | 'token-ttl'> = {},
): GatewayTokens {
  const seconds = (name: string, own: number | undefined, fallback: number): number =>
    integerOption(name, own, integerOption('token.ttl', ttl, fallback, 1, MAX_TTL), 1, MAX_TTL)
  const ring = createKeyRing([{ algorithm: 'HS256', key: secret }])
  const access = purpose(
    ring,
    'access',
    seconds('authentication.basic.ttl', authentication.basic?.ttl, ACCESS_TTL),
  )
  const gateway = purpose(
    ring,
    'gateway',
    seconds('authentication.token-ttl', authentication['token-ttl'], GATEWAY_TTL),
  )
  return {
    access: {
      issue: async ({ user, login }) =>
        access.sign({ sub: user, user, ...(login !== undefined && login !== user && { login }) }),
      verify: access.verify,
    },
    gateway: {
      issue: async ({ user, credentialEndsAtMs: endsAtMs }) =>
        gateway.sign({
          sub: user,
          user,
          type: 'authentication',
          ...(endsAtMs !== undefined && { credential_exp: Math.floor(endsAtMs / 1000) }),
        }),
      async verify(token) {
        const { sub, credential_exp: ends } = await gateway.verify(token)
        return { user: sub, ...(typeof ends === 'number' && { credentialEndsAtMs: ends * 1000 }) }
      },
    },
  }
}

/** Tokens of one purpose, which are none of another. */
function purpose(
  ring: KeyRing,
  name: string,
  lifetime: number,
): { sign(claims: Record<string, unknown>): Promise<string>; verify(token: unknown): Promise<TokenClaims> } {
  const typ = `portcullis-${name}+jwt`
  const verify = createTokenVerifier({ keys: ring, typ })
  return {
    sign: async (claims) => ring.sign({ ...claims, exp: Math.floor(Date.now() / 1000) + lifetime }, { typ }),
    async verify(token) {
      const claims = await verify(token)
      // Our own clock: what others need a tolerance for would only prolong it.
      if (claims.exp * 1000 <= Date.now()) {
        throw new AuthError('ERR_AUTH_TOKEN_EXPIRED', 'the token has expired')
      }
      return claims
    },
  }
}
