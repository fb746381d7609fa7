import { join } from 'node:path'
import { Command } from 'commander'
import { CliError, EXIT_CODES } from '../errors.ts'
import { isThere } from '../file/is-there.ts'
import { readEnvFile } from '../file/read-env-file.ts'
import { several, wholeNumber } from '../input/parse.ts'
import { pathIn } from '../input/read-file.ts'
import type { EnvironmentVariables, Invocation } from '../invocation.ts'
import { startChild, type Child } from './child.ts'
import { findApp } from './find-app.ts'
import { findInstalled } from './find-installed.ts'
import { untilReady } from './until-ready.ts'

interface Options {
  readonly apps?: string
  readonly controlPlane?: string
  readonly gateway?: string
  readonly envFile?: string
  readonly worker?: readonly string[]
  readonly port?: number
  readonly controlPlanePort?: number
}

const READY_TIMEOUT_MS = 60_000

const port = wholeNumber(1, 65_535)

/** `portcullis dev` */
export function dev(invocation: Invocation): Command {
  return new Command('dev')
    .summary('run a whole system on this machine until Ctrl-C')
    .description(
      'Starts a control plane, a gateway, and your worker in it. Reads .env in this folder. With NATS_URL set, workers run as processes of their own.',
    )
    .option('--apps <folder>', 'clone of the repository, built; or PORTCULLIS_APPS')
    .option('--control-plane <path>', 'the control plane alone: its folder, or its module')
    .option('--gateway <path>', 'the gateway alone: its folder, or its module')
    .option('--env-file <file>', 'variables of the system; .env unless given')
    .option(
      '--worker <module>',
      'a worker; may stand several times; worker.js unless given, where there is one',
      several,
    )
    .option('--port <port>', 'port of the gateway; 4000 unless given', port)
    .option('--control-plane-port <port>', 'port of the control plane; 3000 unless given', port)
    .action(
      invocation.act(async (options: Options) => {
        const system = await prepare(invocation, options)
        return runSystem(invocation, system)
      }),
    )
}

/** What is to be started, found before anything is. */
interface System {
  readonly controlPlane: string
  readonly gateway: string
  readonly workers: readonly string[]
  /** Runs a worker outside the gateway; null where the gateway runs them. */
  readonly workerRunner: string | null
  readonly env: EnvironmentVariables
  readonly controlPlaneUrl: URL
  readonly gatewayUrl: URL
}

async function prepare({ cwd, env: processEnv }: Invocation, options: Options): Promise<System> {
  const env = { ...(await variablesOf(cwd, options.envFile)), ...processEnv }
  const apps = options.apps ?? nonEmpty(env.PORTCULLIS_APPS)
  const workers = await workersOf(cwd, options.worker)
  const url = (value: number): URL => new URL(`http://localhost:${value}/`)
  return {
    controlPlane: await findApp('control-plane', { cwd, path: options.controlPlane, apps }),
    gateway: await findApp('gateway', { cwd, path: options.gateway, apps }),
    workers,
    workerRunner:
      nonEmpty(env.NATS_URL) === undefined || workers.length === 0 ? null : await workerRunner(cwd),
    env,
    controlPlaneUrl: url(options.controlPlanePort ?? (Number(env.CONTROL_PLANE_PORT) || 3000)),
    gatewayUrl: url(options.port ?? (Number(env.GATEWAY_PORT) || 4000)),
  }
}

async function runSystem(invocation: Invocation, system: System): Promise<number> {
  const { print, signal: outer, cwd } = invocation
  const { env, controlPlaneUrl, gatewayUrl, workers, workerRunner: runner } = system
  const signal = outer ?? new AbortController().signal
  const stopped = new Promise<null>((resolve) => {
    if (signal.aborted) resolve(null)
    signal.addEventListener('abort', () => resolve(null), { once: true })
  })
  const children: Child[] = []
  const start = (
    name: string,
    module: string,
    more: EnvironmentVariables,
    args?: readonly string[],
  ): Child => {
    const child = startChild({
      name,
      module,
      args,
      cwd,
      // What dies with this program where it is killed and can stop nothing.
      env: { ...env, EXIT_WITH_PARENT: '1', LOG_LEVEL: env.LOG_LEVEL ?? 'warn', ...more },
      onLine: (line) => print.note(`[${name}] ${line}`),
    })
    children.push(child)
    return child
  }
  try {
    const controlPlane = start('control plane', system.controlPlane, {
      PORT: controlPlaneUrl.port,
      ...dataDir(env, 'control-plane'),
    })
    await untilReady(invocation, controlPlane, controlPlaneUrl, READY_TIMEOUT_MS, signal)
    const gateway = start('gateway', system.gateway, {
      PORT: gatewayUrl.port,
      // Its own control plane, whatever the variables say about another one.
      CONTROL_PLANE_URL: internalUrl(env, controlPlaneUrl),
      ...(workers.length > 0 && { WORKER_MODULES: runner === null ? workers.join(',') : '' }),
      ...dataDir(env, 'gateway'),
    })
    await untilReady(invocation, gateway, gatewayUrl, READY_TIMEOUT_MS, signal)
    if (runner !== null && !signal.aborted)
      for (const worker of workers) start('worker', runner, {}, [worker])
    if (!signal.aborted) announce(invocation, system)
    const ended = await Promise.race([
      stopped,
      ...children.map(async (child) => ({ child, exit: await child.exited })),
    ])
    if (ended === null) return EXIT_CODES.ok
    const { code, signal: by } = ended.exit
    throw new CliError(
      'ERR_CLI_APP_ENDED',
      `the ${ended.child.name} ended by itself (${by ?? `exit ${code}`})`,
    )
  } finally {
    // From the edge inwards, as they were started the other way round.
    for (const child of children.toReversed()) await child.stop()
  }
}

function announce({ print }: Invocation, { controlPlaneUrl, gatewayUrl, workers }: System): void {
  print.fields([
    ['control plane', `${controlPlaneUrl.origin}, its API at /docs`],
    ['gateway', `ws://${gatewayUrl.host}/ws and /gw, ${gatewayUrl.origin}`],
    ...workers.map((worker) => ['worker', worker] as const),
  ])
  print.note('stop it with Ctrl-C')
}

/** Where gateways ask: the control plane may have a port of its own for them. */
function internalUrl({ INTERNAL_PORT }: EnvironmentVariables, controlPlaneUrl: URL): string {
  return nonEmpty(INTERNAL_PORT) === undefined ? controlPlaneUrl.origin : `http://localhost:${INTERNAL_PORT}`
}

/** Both apps have a variable of this name, and neither can share its directory. */
function dataDir({ DATA_DIR }: EnvironmentVariables, app: string): EnvironmentVariables {
  return nonEmpty(DATA_DIR) === undefined ? {} : { DATA_DIR: join(DATA_DIR ?? '', app) }
}

async function variablesOf(cwd: string, file: string | undefined): Promise<EnvironmentVariables> {
  if (file !== undefined) return readEnvFile(pathIn(cwd, file))
  const usual = join(cwd, '.env')
  return (await isThere(usual)) ? readEnvFile(usual) : {}
}

async function workersOf(cwd: string, named: readonly string[] | undefined): Promise<readonly string[]> {
  if (named === undefined) return (await isThere(join(cwd, 'worker.js'))) ? [join(cwd, 'worker.js')] : []
  const workers = named.map((one) => pathIn(cwd, one))
  for (const worker of workers) {
    if (!(await isThere(worker))) throw new CliError('ERR_CLI_FILE', `${worker} does not exist`)
  }
  return workers
}

async function workerRunner(cwd: string): Promise<string> {
  const folder = await findInstalled('@portcullis/worker', cwd)
  if (folder !== null) return join(folder, 'bin', 'portcullis-worker.js')
  throw new CliError('ERR_CLI_APPS', 'with NATS_URL set workers need @portcullis/worker: npm install it here')
}

function nonEmpty(text: string | undefined): string | undefined {
  return text === '' ? undefined : text
}
