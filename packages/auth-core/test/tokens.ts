import { exportJWK, generateKeyPair, SignJWT, type CryptoKey, type JWK } from 'jose'

export const SECRET = 'a test secret that is at least thirty-two bytes long'

/** Seconds since the epoch, `offset` from now. */
export function at(offset: number): number {
  return Math.floor(Date.now() / 1000) + offset
}

/** Signs `claims` as they are; a `sub` and an `exp` are added unless the claims say otherwise. */
export async function sign(
  claims: Record<string, unknown> = {},
  header: Record<string, unknown> = {},
  key: CryptoKey | Uint8Array | string = SECRET,
): Promise<string> {
  return new SignJWT({ sub: 'user-1', exp: at(60), ...claims })
    .setProtectedHeader({ alg: 'HS256', ...header })
    .sign(typeof key === 'string' ? Buffer.from(key) : key)
}

/** A compact JWS with exactly these parts, signed with {@link SECRET} as HS256 whatever the header says. */
export async function signRaw(header: string | Buffer, payload: string): Promise<string> {
  const input = `${Buffer.from(header).toString('base64url')}.${Buffer.from(payload).toString('base64url')}`
  const { createHmac } = await import('node:crypto')
  return `${input}.${createHmac('sha256', SECRET).update(input).digest('base64url')}`
}

/** A key pair with its public JWK. */
export interface TestKey {
  privateKey: CryptoKey
  jwk: JWK
}

export async function makeKey(alg: string, kid?: string): Promise<TestKey> {
  const { privateKey, publicKey } = await generateKeyPair(alg, { extractable: true })
  const jwk = { ...(await exportJWK(publicKey)), alg, use: 'sig', ...(kid !== undefined && { kid }) }
  return { privateKey, jwk }
}
