import { allowInsecureHttp } from '@portcullis/auth-core'
import { type AuthService, machineAuthenticator } from '@portcullis/gateway-auth'
import type { AuthenticationOptions } from '@portcullis/interop'
import type { Environment } from '../environment/environment.ts'

/** Who may log in. Clients that name no provider are let in by the first one that does. */
export function interopAuthentication(env: Environment, auth: AuthService): AuthenticationOptions {
  const names = env.INTEROP_AUTH.map((name) => PROVIDER_NAMES[name])
  return {
    default: names,
    available: names,
    // Any login with any secret: an environment for production refuses this provider.
    basic: env.INTEROP_AUTH.includes('dev') ? { secretVerifier: () => true } : {},
    machine: { authenticator: machineAuthenticator({ auth }) },
    ...(env.INTEROP_OIDC_ISSUER !== undefined &&
      env.INTEROP_OIDC_AUDIENCE !== undefined && {
        oauth2: {
          issuerBaseURL: env.INTEROP_OIDC_ISSUER,
          audience: env.INTEROP_OIDC_AUDIENCE,
          // A provider on the developer's machine.
          [allowInsecureHttp]: !env.production,
        },
      }),
  }
}

const PROVIDER_NAMES = { dev: 'basic', machine: 'machine', oidc: 'oauth2', off: 'basic' } as const
