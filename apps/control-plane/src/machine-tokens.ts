import { createKeyRing, verifyAccessToken } from '@portcullis/gateway-auth'
import type { MachineTokens } from '@portcullis/registry'
import type { Environment } from './environment.ts'

/**
 * What verifies the tokens of machine clients: the secret that the gateways sign them with. That one was revoked is known to
 * the gateways alone; here it is good until it expires.
 */
export function machineTokens({
  GATEWAY_JWT_SECRET,
}: Pick<Environment, 'GATEWAY_JWT_SECRET'>): MachineTokens | undefined {
  if (GATEWAY_JWT_SECRET === undefined) return undefined
  const config = { keys: createKeyRing([{ algorithm: 'HS256', key: GATEWAY_JWT_SECRET }]) }
  return (token) => verifyAccessToken(token, config)
}
