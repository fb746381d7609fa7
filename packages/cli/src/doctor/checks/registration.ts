import { ask } from '../../http/ask.ts'
import { CliError } from '../../errors.ts'
import { badInProduction, type Check, type Finding } from '../finding.ts'

const CHECK = 'registration'

/** Well-formed, and refused: a name has no control characters. */
const IMPOSSIBLE = { name: '\n', capabilities: [] }

/** Who may register machine clients, as the variables have it. */
export const registration: Check = {
  isOnline: false,
  look(examination) {
    const { env, production } = examination
    const { AUTH_REGISTRATION: value = production ? 'token' : 'open', AUTH_INITIAL_ACCESS_TOKEN: token } = env
    if (value === 'open') {
      return [
        {
          check: CHECK,
          status: badInProduction(examination),
          detail: 'whoever reaches the gateway may register a machine client',
          hint: 'set AUTH_REGISTRATION=token and an AUTH_INITIAL_ACCESS_TOKEN',
        },
      ]
    }
    const detail =
      token === undefined
        ? 'nobody may register a machine client'
        : 'registration needs the initial access token'
    return [{ check: CHECK, status: 'ok', detail }]
  },
}

/**
 * Who may register machine clients, as the gateway does it: a registration with a name that no client may have is refused
 * for that where it is open, and for the missing token, which is looked at first, where it is not. No client comes of it.
 */
export const liveRegistration: Check = {
  isOnline: true,
  async look(examination) {
    const { invocation, gatewayUrl, timeoutMs } = examination
    const finding = (status: Finding['status'], detail: string, hint?: string): Finding[] => [
      { check: `${CHECK}:live`, status, detail, ...(hint !== undefined && { hint }) },
    ]
    try {
      const url = new URL('auth/register', gatewayUrl)
      const { status } = await ask(invocation, { url, method: 'POST', json: IMPOSSIBLE, timeoutMs })
      if (status === 401) return finding('ok', 'the gateway registers nobody without a token')
      if (status !== 400) return finding('skipped', `the gateway answered ${status} to a registration`)
      return finding(
        badInProduction(examination),
        'the gateway registers whoever asks',
        'set AUTH_REGISTRATION=token and restart the gateways',
      )
    } catch (error) {
      if (!CliError.is(error)) throw error
      return finding('skipped', 'the gateway could not be asked who may register')
    }
  },
}
