import { CliError } from '../../errors.ts'
import { ask } from '../../http/ask.ts'
import { isReadableOnTheWay, serverUrl } from '../../http/server-url.ts'
import { badInProduction, listOf, type Check, type Examination, type Finding } from '../finding.ts'
import { PUBLIC_TOKENS } from '../secret-weakness.ts'

const CHECK = 'internal-token:live'

/** A name that cannot exist, so that nobody's project is asked about. @see RFC 6761 §6.4 */
const NO_HOST = 'portcullis-doctor.invalid'

/** Whether the control plane takes the public development token, and takes the one that gateways are given. */
export const internalToken: Check = {
  isOnline: true,
  async look(examination) {
    const { env } = examination
    const { CONTROL_PLANE_URL: named } = env
    try {
      // Where gateways ask, which may be another port than that of the API.
      const url = named === undefined ? examination.controlPlaneUrl : serverUrl(named, 'CONTROL_PLANE_URL')
      const findings: Finding[] = []
      if (await isTaken(PUBLIC_TOKENS[0] ?? '', url, examination)) {
        findings.push({
          check: CHECK,
          status: badInProduction(examination),
          detail: 'the control plane takes the development token, which everybody knows',
          hint: 'set CONTROL_PLANE_INTERNAL_TOKEN for control plane and gateways',
        })
      }
      const [token] = listOf(env.CONTROL_PLANE_INTERNAL_TOKEN)
      // A secret goes only where a gateway with these variables would send it, and where nobody else can read it.
      if (token === undefined || named === undefined || isReadableOnTheWay(url)) return findings
      if (await isTaken(token, url, examination)) {
        return [
          ...findings,
          { check: CHECK, status: 'ok', detail: 'the control plane takes CONTROL_PLANE_INTERNAL_TOKEN' },
        ]
      }
      return [
        ...findings,
        {
          check: CHECK,
          status: 'failed',
          detail:
            'the control plane does not take CONTROL_PLANE_INTERNAL_TOKEN: every client would be refused with 503',
          hint: 'set the same for control plane and gateways',
        },
      ]
    } catch (error) {
      if (!CliError.is(error)) throw error
      return [
        {
          check: CHECK,
          status: 'skipped',
          detail: 'the control plane could not be asked which internal token it takes',
        },
      ]
    }
  },
}

/** Whoever has a right token is told that there is no such host; to all others it is a matter of the token. */
async function isTaken(token: string, base: URL, { invocation, timeoutMs }: Examination): Promise<boolean> {
  const { status, body } = await ask(invocation, {
    url: new URL('api/registry/authorize', base),
    method: 'POST',
    headers: { authorization: `Bearer ${token}` },
    json: { host: NO_HOST },
    timeoutMs,
  })
  if (status === 401 || status === 403) return false
  // There may be no such route: then it is on another port, and nothing is known about the token.
  const { code } = (body ?? {}) as { code?: unknown }
  if (status === 200 || code === 'ERR_HOST_UNKNOWN') return true
  throw new CliError('ERR_CLI_ANSWER', `${base.href} answered ${status}`)
}
