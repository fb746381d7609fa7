import { readFile } from 'node:fs/promises'
import type { NatsConnection, ServerInfo } from '@nats-io/transport-node'
import { z } from 'zod'
import { pathIn } from '../../input/read-file.ts'
import { badInProduction, listOf, type Check, type Examination, type Finding } from '../finding.ts'

const CHECK = 'nats'

/** The oldest server that everything works on. */
const OLDEST = [2, 9, 10] as const

const DEFAULT_MAX_PAYLOAD_BYTES = 65_536

/** What an envelope adds to a frame at most, bytes: routing, claims of the session, headers. */
const ENVELOPE_BYTES = 16_384

/** The server recommends to stay below it. @see NATS server configuration, max_payload */
const LARGE_PAYLOAD_BYTES = 8 * 1024 * 1024

/** How full a limit may be before somebody should look at it. */
const NEARLY_FULL = 0.9

const accountSchema = z.object({
  memory: z.number(),
  storage: z.number(),
  streams: z.number(),
  consumers: z.number(),
  limits: z.object({
    max_memory: z.number(),
    max_storage: z.number(),
    max_streams: z.number(),
    max_consumers: z.number(),
  }),
})

/** Whether NATS is there, new enough, has JetStream, takes frames as large as gateways do, and has room. */
export const nats: Check = {
  isOnline: true,
  async look(examination) {
    const { env } = examination
    if (listOf(env.NATS_URL).length === 0) {
      const detail = 'NATS_URL is not set: messages live in the gateway’s own process, and end with it'
      return [{ check: CHECK, status: examination.production ? 'warning' : 'skipped', detail }]
    }
    if (
      !listOf(env.NATS_URL).every(
        (server) => /^(?:nats|tls):\/\/[^\s,]+$/.test(server) && URL.canParse(server),
      )
    ) {
      return [{ check: CHECK, status: 'failed', detail: 'NATS_URL must be one or more nats: or tls: URLs' }]
    }
    let connection: NatsConnection
    try {
      connection = await open(examination)
    } catch (error) {
      const detail = `no connection to NATS came about: ${reasonOf(error)}`
      return [
        { check: CHECK, status: 'failed', detail, hint: 'is it running, and are the credentials right?' },
      ]
    }
    try {
      const { info } = connection
      if (info === undefined)
        return [{ check: CHECK, status: 'failed', detail: 'NATS did not say what it is' }]
      return [...serverFindings(info, examination), ...(await accountFindings(connection, examination))]
    } finally {
      await connection.close()
    }
  },
}

async function open({ env, invocation, timeoutMs }: Examination): Promise<NatsConnection> {
  // Loaded here: whoever asks the control plane for a list needs no NATS.
  const { connect, credsAuthenticator } = await import('@nats-io/transport-node')
  const { NATS_CREDS_FILE: creds, NATS_INBOX_PREFIX: inboxPrefix } = env
  const urls = listOf(env.NATS_URL).map((server) => new URL(server))
  const login = urls.find(({ username }) => username !== '')
  return connect({
    servers: urls.map(({ host, protocol }) => `${protocol}//${host}`),
    ...(login !== undefined && {
      user: decodeURIComponent(login.username),
      pass: decodeURIComponent(login.password),
    }),
    ...(creds !== undefined && {
      authenticator: credsAuthenticator(await readFile(pathIn(invocation.cwd, creds))),
    }),
    ...(inboxPrefix !== undefined && { inboxPrefix }),
    ...(urls.some(({ protocol }) => protocol === 'tls:') && { tls: {} }),
    name: 'portcullis doctor',
    timeout: timeoutMs,
    reconnect: false,
    maxReconnectAttempts: 0,
    noRandomize: true,
    ignoreClusterUpdates: true,
  })
}

function serverFindings(info: ServerInfo, examination: Examination): Finding[] {
  const { version, jetstream, max_payload: maxPayload, auth_required: isClosed } = info
  const findings: Finding[] = []
  if (isOlder(version)) {
    findings.push({
      check: CHECK,
      status: 'failed',
      detail: `nats-server ${version}`,
      hint: `install ${OLDEST.join('.')} or newer`,
    })
  } else findings.push({ check: CHECK, status: 'ok', detail: `nats-server ${version}` })
  if (jetstream !== true) {
    findings.push({
      check: `${CHECK}:jetstream`,
      status: 'failed',
      detail: 'NATS has no JetStream, so nothing could be stored',
      hint: 'start it with -js, or with jetstream in its configuration',
    })
  }
  if (isClosed !== true) {
    findings.push({
      check: `${CHECK}:auth`,
      status: badInProduction(examination),
      detail: 'NATS lets everybody in: who reaches it reads and writes everything',
      hint: 'give each part a user with permissions of its own',
    })
  }
  return [...findings, payloadFinding(maxPayload, examination)]
}

function payloadFinding(maxPayload: number, { env }: Examination): Finding {
  const check = `${CHECK}:max-payload`
  const frame = Number(env.MAX_PAYLOAD_BYTES ?? DEFAULT_MAX_PAYLOAD_BYTES)
  // A message that could not be handled is stored in base64.
  const needed = Math.ceil(
    ((Number.isFinite(frame) ? frame : DEFAULT_MAX_PAYLOAD_BYTES) + ENVELOPE_BYTES) * (4 / 3),
  )
  const detail = `NATS takes messages of ${maxPayload} bytes, frames of ${frame} bytes need ${needed}`
  if (maxPayload < needed) {
    return { check, status: 'failed', detail, hint: 'raise max_payload of NATS, or lower MAX_PAYLOAD_BYTES' }
  }
  if (maxPayload > LARGE_PAYLOAD_BYTES) {
    return {
      check,
      status: 'warning',
      detail: `${detail}; above 8 MiB one message holds up the others`,
      hint: 'lower max_payload',
    }
  }
  return { check, status: 'ok', detail }
}

async function accountFindings(connection: NatsConnection, { timeoutMs }: Examination): Promise<Finding[]> {
  const check = `${CHECK}:limits`
  let account: z.output<typeof accountSchema>
  try {
    const answer = await connection.request('$JS.API.INFO', '', { timeout: timeoutMs })
    account = accountSchema.parse(answer.json())
  } catch {
    // The user may not ask, or there is no JetStream, which was said already.
    return [{ check, status: 'skipped', detail: 'the limits of JetStream could not be asked for' }]
  }
  const { limits } = account
  const pairs = [
    ['storage', account.storage, limits.max_storage],
    ['memory', account.memory, limits.max_memory],
    ['streams', account.streams, limits.max_streams],
    ['consumers', account.consumers, limits.max_consumers],
  ] as const
  const full = pairs.filter(([, used, most]) => most > 0 && used >= most * NEARLY_FULL)
  if (full.length === 0) {
    return [
      {
        check,
        status: 'ok',
        detail: `JetStream has room: ${account.streams} streams, ${account.storage} bytes stored`,
      },
    ]
  }
  return full.map(([name, used, most]) => ({
    check,
    status: used >= most ? 'failed' : 'warning',
    detail: `JetStream uses ${used} of ${most} (${name})`,
    hint: 'raise the limit of the account or the server, or remove streams that nobody needs',
  }))
}

function isOlder(version: string): boolean {
  const parts = version.split(/[.-]/).map(Number)
  for (const [index, least] of OLDEST.entries()) {
    const part = parts[index] ?? 0
    if (part !== least) return !(part > least)
  }
  return false
}

/** Errors of the client name what failed, and no credentials: those are not in the URLs that it was given. */
function reasonOf(error: unknown): string {
  const { message, cause } = error as Error
  return cause instanceof Error && cause.message !== '' ? cause.message : message
}
