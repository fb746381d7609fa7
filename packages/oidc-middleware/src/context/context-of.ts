import type { TokenClaims } from '@portcullis/auth-core'
import type { OidcFeatures, OidcUserContext } from './user-context.ts'

/** Most levels of objects and lists in `features`. */
const MAX_DEPTH = 100

/**
 * The context of verified claims. A claim of the wrong type counts as absent: who signs the token decides what is in it,
 * and a claim this package does not understand must neither crash nor grant anything. Within a list, what is not a
 * non-empty string is left out. `features` of more than 100 levels count as absent too.
 *
 * `permissions` are those of the claim; a token without that claim has those of its `scope` (RFC 9068 §2.2.3).
 *
 * @returns a new object that shares nothing with `claims`
 */
export function contextOf(claims: TokenClaims): OidcUserContext {
  const roles = textList(claims['roles'])
  return {
    userId: claims.sub,
    sub: claims.sub,
    email: text(claims['email']),
    name: text(claims['name']),
    userRole: roles[0] ?? 'user',
    roles,
    permissions: permissionsOf(claims),
    features: featuresOf(claims['features']),
    ...(text(claims['org_id']) !== null && { org_id: claims['org_id'] as string }),
  }
}

function permissionsOf({ permissions, scope }: TokenClaims): string[] {
  if (permissions !== undefined) return textList(permissions)
  return typeof scope === 'string' ? textList(scope.split(' ')) : []
}

function featuresOf(value: unknown): OidcFeatures {
  if (!isObject(value) || Array.isArray(value) || isDeep(value)) return {}
  // Claims that are remembered are frozen and shared; what a handler changes must stay with its own request.
  return structuredClone(value) as OidcFeatures
}

/** Whether a clone could need more of the stack than there is. Not recursive itself. */
function isDeep(value: object): boolean {
  let level: object[] = [value]
  for (let depth = 0; level.length > 0; depth += 1) {
    if (depth === MAX_DEPTH) return true
    level = level.flatMap((one) => Object.values(one).filter(isObject))
  }
  return false
}

function isObject(value: unknown): value is object {
  return typeof value === 'object' && value !== null
}

function text(value: unknown): string | null {
  return typeof value === 'string' && value !== '' ? value : null
}

function textList(value: unknown): string[] {
  if (!Array.isArray(value)) return []
  return value.filter((one): one is string => typeof one === 'string' && one !== '')
}
