import { badInProduction, listOf, type Check, type Examination, type Finding } from '../finding.ts'

const CHECK = 'origins'

/** Which pages may connect. */
export const origins: Check = {
  isOnline: false,
  look(examination) {
    const { env, production } = examination
    if (env.ALLOWED_ORIGINS === undefined) {
      const detail = production ? 'pages of the same host may connect' : 'pages on this machine may connect'
      return [{ check: CHECK, status: 'ok', detail }]
    }
    const findings = listOf(env.ALLOWED_ORIGINS).flatMap((origin) => lookAt(origin, examination))
    return findings.length > 0
      ? findings
      : [{ check: CHECK, status: 'ok', detail: 'only pages of listed origins may connect' }]
  },
}

function lookAt(origin: string, examination: Examination): Finding[] {
  const bad = (detail: string, hint: string): Finding[] => [
    { check: CHECK, status: badInProduction(examination), detail, hint },
  ]
  if (origin === '*')
    return bad(
      'ALLOWED_ORIGINS is *: every page may connect with the login of its visitor',
      'list the origins of your pages',
    )
  if (origin === 'null')
    return bad('ALLOWED_ORIGINS has null: any sandboxed page or file may connect', 'remove null')
  if (/^https?:\/\/\*(?:\.[a-z]+)?(?::|$)/i.test(origin)) {
    return bad(
      `ALLOWED_ORIGINS has ${origin}, which strangers may register a name under`,
      'name your own domain',
    )
  }
  if (examination.production && /^http:/i.test(origin)) {
    return [
      {
        check: CHECK,
        status: 'warning',
        detail: `ALLOWED_ORIGINS has ${origin}: such a page can be changed on its way`,
        hint: 'serve the page over https',
      },
    ]
  }
  return []
}
