import type { RouteOptions } from 'fastify'

/** Whether a route wants a token: always a valid one, a valid one or none, or it does not look. */
export type RouteOidcAccess = 'required' | 'optional' | 'none'

/** What the user of a route must have. */
export interface RouteOidcNeeds {
  /** One of them. */
  roles?: readonly string[] | undefined
  /** All of them. */
  permissions?: readonly string[] | undefined
}

/** `config.oidc` of a route. */
export type RouteOidc = RouteOidcAccess | RouteOidcNeeds

/** `config.oidc`, read. */
export interface RouteRule {
  readonly access: RouteOidcAccess
  readonly roles: readonly string[] | undefined
  readonly permissions: readonly string[] | undefined
}

const ACCESS: readonly unknown[] = ['required', 'optional', 'none'] satisfies RouteOidcAccess[]
const CLOSED: RouteRule = Object.freeze({ access: 'required', roles: undefined, permissions: undefined })

/** @throws TypeError naming the route whose `config.oidc` is wrong */
export function routeRule({ config, url }: Pick<RouteOptions, 'config' | 'url'>): RouteRule {
  const oidc: unknown = config?.oidc
  if (oidc === undefined) return CLOSED
  if (ACCESS.includes(oidc)) {
    return { access: oidc as RouteOidcAccess, roles: undefined, permissions: undefined }
  }
  const known = new Set(['roles', 'permissions'])
  // A misspelled key would leave a route open to every user.
  if (
    typeof oidc !== 'object' ||
    oidc === null ||
    Array.isArray(oidc) ||
    !Object.keys(oidc).every((key) => known.has(key))
  ) {
    throw new TypeError(
      `"config.oidc" of ${url} must be "required", "optional", "none" or { roles, permissions }`,
    )
  }
  const { roles, permissions } = oidc as RouteOidcNeeds
  return {
    access: 'required',
    roles: roles === undefined ? undefined : checkNames(`config.oidc.roles" of "${url}`, roles),
    permissions:
      permissions === undefined ? undefined : checkScopes(`config.oidc.permissions" of "${url}`, permissions),
  }
}

/** @throws TypeError naming the option unless it is a list of at least one text */
export function checkNames(name: string, values: unknown): readonly string[] {
  if (
    !Array.isArray(values) ||
    values.length === 0 ||
    values.some((one) => typeof one !== 'string' || one === '')
  ) {
    throw new TypeError(`"${name}" must be a list of at least one name`)
  }
  return [...(values as readonly string[])]
}

/**
 * As {@link checkNames}, for what is written into a challenge.
 *
 * @see RFC 6749 §3.3
 */
export function checkScopes(name: string, values: unknown): readonly string[] {
  const scopes = checkNames(name, values)
  if (!scopes.every((one) => /^[\x21\x23-\x5b\x5d-\x7e]+$/.test(one))) {
    throw new TypeError(`"${name}" has one that cannot be a scope`)
  }
  return scopes
}
