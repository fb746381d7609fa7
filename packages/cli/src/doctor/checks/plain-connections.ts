import { isThisMachine } from '../../http/server-url.ts'
import { listOf, type Check, type Finding } from '../finding.ts'

/** Connections between the parts that somebody on the way could read. */
export const plainConnections: Check = {
  isOnline: false,
  look({ env, production }) {
    const found = (check: string, detail: string, hint: string): Finding => ({
      check: `plain:${check}`,
      status: production ? 'warning' : 'skipped',
      detail,
      hint,
    })
    const findings: Finding[] = []
    for (const name of [
      'CONTROL_PLANE_URL',
      'PUBLIC_URL',
      'AUTH_ISSUER',
      'OIDC_ISSUER',
      'INTEROP_OIDC_ISSUER',
    ]) {
      const url = urlOf(env[name])
      if (url?.protocol === 'http:' && !isThisMachine(url.hostname)) {
        findings.push(
          found(
            name,
            `${name} is not https: tokens to it can be read on the way`,
            'use https, or a network of its own',
          ),
        )
      }
    }
    for (const server of listOf(env.NATS_URL)) {
      const url = urlOf(server)
      if (url?.protocol === 'nats:' && !isThisMachine(url.hostname)) {
        findings.push(
          found(
            'NATS_URL',
            `NATS_URL has ${url.host} without tls: messages can be read on the way`,
            'use tls:// where the server has a certificate',
          ),
        )
      }
    }
    for (const name of ['DATABASE_URL', 'AUTH_DATABASE_URL']) {
      const url = urlOf(env[name])
      if (url === undefined || url.hostname === '' || isThisMachine(url.hostname)) continue
      if (!/^(?:require|verify-ca|verify-full)$/.test(url.searchParams.get('sslmode') ?? '')) {
        findings.push(found(name, `${name} does not ask for encryption`, 'add sslmode=verify-full'))
      }
    }
    return findings
  },
}

function urlOf(text: string | undefined): URL | undefined {
  return text !== undefined && URL.canParse(text) ? new URL(text) : undefined
}
