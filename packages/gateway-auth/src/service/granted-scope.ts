import { CAPABILITY } from '../client/capabilities.ts'
import { GatewayAuthError } from '../errors.ts'

/**
 * The scope of an access token: what was asked for, or everything on offer.
 *
 * @throws GatewayAuthError `ERR_SCOPE_INVALID` when more was asked for than is on offer
 */
export function grantedScope(
  asked: readonly string[] | undefined,
  onOffer: readonly string[],
): readonly string[] {
  if (asked === undefined) return onOffer
  if (!asked.every((one) => typeof one === 'string' && CAPABILITY.test(one) && onOffer.includes(one))) {
    throw new GatewayAuthError('ERR_SCOPE_INVALID', 'the scope is malformed or more than the client may have')
  }
  return [...new Set(asked)]
}
