import { connect } from 'node:net'
import { badInProduction, type Check, type Examination, type Finding } from '../finding.ts'

/** What a client asks first: may it speak TLS? @see PostgreSQL 55.7, SSLRequest */
const SSL_REQUEST = Buffer.from([0, 0, 0, 8, 0x04, 0xd2, 0x16, 0x2f])

const DEFAULT_LOGINS = ['postgres', 'password', 'admin', 'root', 'change-me', 'changeme']

/** Whether there are PostgreSQLs where the variables say; nothing is logged in. */
export const databases: Check = {
  isOnline: true,
  async look(examination) {
    const names = ['DATABASE_URL', 'AUTH_DATABASE_URL'] as const
    return (await Promise.all(names.map((name) => lookAt(name, examination)))).flat()
  },
}

async function lookAt(name: string, examination: Examination): Promise<Finding[]> {
  const text = examination.env[name]
  if (text === undefined) return []
  const check = `database:${name}`
  const url = URL.canParse(text) ? new URL(text) : undefined
  if (url === undefined || !/^postgres(?:ql)?:$/.test(url.protocol)) {
    return [{ check, status: 'failed', detail: `${name} is no postgres: URL` }]
  }
  const findings: Finding[] = []
  if (DEFAULT_LOGINS.includes(decoded(url.password))) {
    findings.push({
      check,
      status: badInProduction(examination),
      detail: `${name} has a password that everybody tries first`,
      hint: 'choose a random one',
    })
  }
  const socket = url.searchParams.get('host') ?? ''
  if (url.hostname === '' || socket.startsWith('/')) {
    return [
      ...findings,
      { check, status: 'skipped', detail: `${name} is a socket on this machine, which is not looked at` },
    ]
  }
  const host = url.hostname.replace(/^\[|\]$/g, '')
  const where = `${url.hostname}:${url.port || 5432}`
  const answer = await firstByte(host, Number(url.port || 5432), examination.timeoutMs)
  if (answer === 'S')
    return [...findings, { check, status: 'ok', detail: `${name}: a PostgreSQL at ${where}, with TLS` }]
  if (answer === 'N')
    return [...findings, { check, status: 'ok', detail: `${name}: a PostgreSQL at ${where}, without TLS` }]
  const detail =
    answer === null
      ? `${name}: nobody answers at ${where}`
      : `${name}: what answers at ${where} is no PostgreSQL`
  return [
    ...findings,
    { check, status: 'failed', detail, hint: 'is it running, and may this machine reach it?' },
  ]
}

/** The first byte of the answer as text; null when there is none in time. */
function firstByte(host: string, port: number, timeoutMs: number): Promise<string | null> {
  return new Promise((resolve) => {
    const socket = connect({ host, port })
    const finish = (answer: string | null): void => {
      socket.destroy()
      resolve(answer)
    }
    // Counts from here on, name lookup and connection included.
    const timer = setTimeout(() => finish(null), timeoutMs)
    socket.on('error', () => finish(null))
    socket.on('end', () => finish(null))
    socket.on('close', () => clearTimeout(timer))
    socket.once('connect', () => socket.write(SSL_REQUEST))
    socket.once('data', (data: Buffer) => finish(data.toString('latin1', 0, 1)))
  })
}

/** A percent sign that encodes nothing stands for itself. */
function decoded(text: string): string {
  try {
    return decodeURIComponent(text)
  } catch {
    return text
  }
}
