import formbody from '@fastify/formbody'
import type { FastifyInstance } from 'fastify'
import { GatewayAuthError } from '../errors.ts'

/** Reads form bodies of this scope as `URLSearchParams`, whatever the application does with its own. */
export async function readForms(app: FastifyInstance): Promise<void> {
  await app.register(formbody, { parser: (text: string) => new URLSearchParams(text) as never })
}

/**
 * The parameters of a form. A parameter without value counts as absent.
 *
 * @throws GatewayAuthError `ERR_REQUEST_INVALID` when one is there twice, or there is no form
 * @see RFC 6749 §3.2
 */
export function formParameters(body: unknown): ReadonlyMap<string, string> {
  if (!(body instanceof URLSearchParams)) {
    throw new GatewayAuthError('ERR_REQUEST_INVALID', 'the body must be a form')
  }
  const parameters = new Map<string, string>()
  const seen = new Set<string>()
  for (const [name, value] of body) {
    if (seen.has(name)) throw new GatewayAuthError('ERR_REQUEST_INVALID', 'a parameter is there twice')
    seen.add(name)
    if (value !== '') parameters.set(name, value)
  }
  return parameters
}

/** @throws GatewayAuthError `ERR_REQUEST_INVALID` when the parameter is missing */
export function requiredParameter(parameters: ReadonlyMap<string, string>, name: string): string {
  const value = parameters.get(name)
  if (value === undefined)
    throw new GatewayAuthError('ERR_REQUEST_INVALID', `the parameter ${name} is missing`)
  return value
}

/** The scopes of a `scope` parameter; undefined when it is absent. @see RFC 6749 §3.3 */
export function scopeParameter(parameters: ReadonlyMap<string, string>): readonly string[] | undefined {
  // Empty parts are kept: two spaces in a row are a malformed scope.
  return parameters.get('scope')?.split(' ')
}
