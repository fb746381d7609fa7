import { Command } from 'commander'
import { DEFAULT_CONTROL_PLANE_URL } from '../control-plane/control-plane.ts'
import { EXIT_CODES, usageError } from '../errors.ts'
import { readEnvFile } from '../file/read-env-file.ts'
import { DEFAULT_GATEWAY_URL } from '../gateway/gateway.ts'
import { serverUrl } from '../http/server-url.ts'
import { timeoutSeconds } from '../input/parse.ts'
import { pathIn } from '../input/read-file.ts'
import type { EnvironmentVariables, Invocation } from '../invocation.ts'
import { CHECKS } from './checks.ts'
import type { Examination, Finding } from './finding.ts'

interface Options {
  readonly envFile?: string
  readonly url?: string
  readonly gatewayUrl?: string
  readonly natsUrl?: string
  readonly timeout?: number
  readonly offline?: boolean
  readonly production?: boolean
  readonly strict?: boolean
  readonly json?: boolean
}

const DEFAULT_TIMEOUT_MS = 3000

/** `portcullis doctor` */
export function doctor(invocation: Invocation): Command {
  return new Command('doctor')
    .summary('look for what is wrong or dangerous in a system')
    .description(
      'Looks at the variables of a system (those of a file, or of this process) and at what runs, and says what is wrong or dangerous. Secrets are looked at and never shown. Ends with 1 when something is wrong.',
    )
    .option('--env-file <file>', 'variables of the system, instead of those of this process')
    .option('--url <url>', 'URL of the control plane')
    .option('--gateway-url <url>', 'URL of a gateway')
    .option('--nats-url <url>', 'URL of NATS')
    .option('--timeout <seconds>', 'longest wait for one answer; 3 unless given', timeoutSeconds)
    .option('--offline', 'ask nobody over the network')
    .option('--production', 'judge as if strangers could reach it, whatever NODE_ENV says')
    .option('--strict', 'end with 1 for warnings as well')
    .option('--json', 'print JSON, for programs')
    .action(
      invocation.act(async (options: Options) => {
        const examination = await examine(invocation, options)
        const checks = CHECKS.filter(({ isOnline }) => !isOnline || options.offline !== true)
        const findings = (await Promise.all(checks.map(async (check) => check.look(examination)))).flat()
        const bad = options.strict === true ? ['failed', 'warning'] : ['failed']
        const ok = findings.every(({ status }) => !bad.includes(status))
        if (options.json === true) invocation.print.json({ ok, production: examination.production, findings })
        else show(invocation, findings)
        return ok ? EXIT_CODES.ok : EXIT_CODES.failed
      }),
    )
}

async function examine(invocation: Invocation, options: Options): Promise<Examination> {
  const envFile = options.envFile === undefined ? undefined : pathIn(invocation.cwd, options.envFile)
  const variables = envFile === undefined ? invocation.env : await readEnvFile(envFile)
  // A variable that is set to nothing counts as not set, because that is how compose files leave one out.
  const env: EnvironmentVariables = Object.fromEntries(
    Object.entries({
      ...variables,
      ...(options.natsUrl !== undefined && { NATS_URL: options.natsUrl }),
    }).filter(([, value]) => value !== undefined && value !== ''),
  )
  if (options.offline === true && (options.url ?? options.gatewayUrl ?? options.natsUrl) !== undefined) {
    throw usageError('--offline asks nobody, and goes without URLs')
  }
  return {
    invocation,
    env,
    envFile,
    production: options.production === true || env.NODE_ENV === 'production',
    controlPlaneUrl: urlOf(
      options.url,
      '--url',
      env,
      ['PORTCULLIS_URL', 'CONTROL_PLANE_URL'],
      DEFAULT_CONTROL_PLANE_URL,
    ),
    gatewayUrl: urlOf(
      options.gatewayUrl,
      '--gateway-url',
      env,
      ['PORTCULLIS_GATEWAY_URL'],
      DEFAULT_GATEWAY_URL,
    ),
    timeoutMs: options.timeout ?? DEFAULT_TIMEOUT_MS,
  }
}

function urlOf(
  option: string | undefined,
  flag: string,
  env: EnvironmentVariables,
  names: readonly string[],
  fallback: string,
): URL {
  if (option !== undefined) return serverUrl(option, flag)
  const name = names.find((one) => env[one] !== undefined)
  return name === undefined ? serverUrl(fallback, flag) : serverUrl(env[name] ?? '', name)
}

const MARKS = { ok: 'ok', warning: 'WARNING', failed: 'FAILED', skipped: 'skipped' } as const

function show({ print }: Invocation, findings: readonly Finding[]): void {
  for (const { status, check, detail, hint } of findings) {
    print.line(`${MARKS[status].padEnd(7)}  ${check}: ${detail}`)
    if (hint !== undefined && (status === 'failed' || status === 'warning')) print.line(`         → ${hint}`)
  }
  const count = (status: Finding['status']): number => findings.filter((one) => one.status === status).length
  print.line('')
  print.line(
    `${count('failed')} wrong, ${count('warning')} to look at, ${count('ok')} good, ${count('skipped')} not looked at`,
  )
}
