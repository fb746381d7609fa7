export { oidcAuth, type OidcAuthOptions } from './oidc-auth.ts'
export type { RouteOidc, RouteOidcAccess, RouteOidcNeeds } from './route-rule.ts'
export { requirePermission, requireRole, type OidcGuard } from './guards.ts'
