import type { FastifyRequest } from 'fastify'
import { GatewayAuthError } from '../errors.ts'
import { clientInvalid } from '../service/authenticate-client.ts'
import type { ClientCredentials } from '../service/service-types.ts'
import { requiredParameter } from './form.ts'

const ASSERTION_TYPE = 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer'
const MAX_HEADER_LENGTH = 4096

/**
 * The credentials of a client at a form endpoint: `client_secret_basic`, `client_secret_post` or `private_key_jwt`.
 *
 * @throws GatewayAuthError `ERR_REQUEST_INVALID` for more than one of them, `ERR_CLIENT_INVALID` for none or a malformed one
 * @see RFC 6749 §2.3.1, RFC 7523 §2.2
 */
export function formCredentials(
  request: FastifyRequest,
  parameters: ReadonlyMap<string, string>,
): ClientCredentials {
  const basic = basicCredentials(request.raw.rawHeaders)
  const isPost = parameters.has('client_secret')
  const isAssertion = parameters.has('client_assertion') || parameters.has('client_assertion_type')
  if (Number(basic !== null) + Number(isPost) + Number(isAssertion) > 1) {
    throw new GatewayAuthError('ERR_REQUEST_INVALID', 'the client authenticates in more than one way')
  }
  const clientId = parameters.get('client_id')
  if (basic !== null) {
    if (clientId !== undefined && clientId !== basic.clientId) throw clientInvalid()
    return basic
  }
  if (isAssertion) {
    if (parameters.get('client_assertion_type') !== ASSERTION_TYPE) {
      throw new GatewayAuthError('ERR_REQUEST_INVALID', 'the client assertion type is not supported')
    }
    return { clientAssertion: requiredParameter(parameters, 'client_assertion'), clientId }
  }
  const clientSecret = parameters.get('client_secret')
  if (clientId === undefined || clientSecret === undefined) throw clientInvalid()
  return { clientId, clientSecret }
}

/** Null without `Authorization`. Another scheme than Basic is no way to authenticate here. */
function basicCredentials(rawHeaders: readonly string[]): { clientId: string; clientSecret: string } | null {
  const values = rawHeaders.filter(
    (_, index) => index % 2 === 1 && rawHeaders[index - 1]?.toLowerCase() === 'authorization',
  )
  if (values.length > 1) {
    throw new GatewayAuthError('ERR_REQUEST_INVALID', 'more than one Authorization header')
  }
  const [value] = values
  if (value === undefined) return null
  const encoded = /^basic +([A-Za-z0-9+/]+={0,2})$/i.exec(value.trim())?.[1]
  if (encoded === undefined || value.length > MAX_HEADER_LENGTH) throw clientInvalid()
  const text = Buffer.from(encoded, 'base64').toString('utf8')
  const colon = text.indexOf(':')
  if (colon < 1) throw clientInvalid()
  const clientId = formDecode(text.slice(0, colon))
  const clientSecret = formDecode(text.slice(colon + 1))
  if (clientId === '' || clientSecret === '') throw clientInvalid()
  return { clientId, clientSecret }
}

/** @see RFC 6749 §2.3.1 and appendix B */
function formDecode(text: string): string {
  try {
    return decodeURIComponent(text.replaceAll('+', ' '))
  } catch {
    throw clientInvalid()
  }
}
