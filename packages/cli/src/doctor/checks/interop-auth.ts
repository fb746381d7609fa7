import { badInProduction, listOf, type Check } from '../finding.ts'

/** Who may log in at the interop gateway. */
export const interopAuth: Check = {
  isOnline: false,
  look(examination) {
    const { env, production } = examination
    const check = 'interop-auth'
    const providers = listOf(env.INTEROP_AUTH ?? (production ? 'machine' : 'dev,machine'))
    if (!providers.includes('dev')) {
      return [{ check, status: 'ok', detail: `logins at the interop gateway: ${providers.join(', ')}` }]
    }
    return [
      {
        check,
        status: badInProduction(examination),
        detail: 'INTEROP_AUTH has dev: any name with any password may log in at the interop gateway',
        hint: 'set INTEROP_AUTH=machine, oidc or off',
      },
    ]
  },
}
