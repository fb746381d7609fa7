import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import {
  documentedNatsConfig,
  emptyDatabase,
  freePort,
  type NatsServer,
  type RunningProcess,
  startNatsServer,
  startProcess,
} from '@portcullis/test-servers'
import { Disposal } from './disposal.ts'
import { CONTROL_PLANE, COUNTER_WORKER, GATEWAY, WORKER_CLI } from './paths.ts'

const INTERNAL_TOKEN = 'an-internal-token-for-end-to-end-tests'
/** What the gateways sign the tokens of machine clients with, and want to see at `/internal`. */
export const MACHINE_SECRETS = {
  GATEWAY_JWT_SECRET: 'a-secret-for-tokens-of-end-to-end-tests',
  INTERNAL_SECRET: 'an-internal-secret-for-end-to-end-tests',
} as const
/** Project `one` asks for tokens signed with this; project `two` takes everybody. */
export const PROJECT_SECRET = 'a-project-secret-for-end-to-end-tests'
export const SCOPES = {
  one: { workspaceId: 'acme', projectId: 'one', host: '127.0.0.1' },
  two: { workspaceId: 'acme', projectId: 'two', host: 'localhost' },
} as const
export type ProjectName = keyof typeof SCOPES

const PROJECTS = {
  projects: [
    {
      workspaceId: 'acme',
      projectId: 'one',
      hosts: ['127.0.0.1'],
      auth: { mode: 'jwt-secret', secret: PROJECT_SECRET },
    },
    { workspaceId: 'acme', projectId: 'two', hosts: ['localhost'], auth: { mode: 'none' } },
  ],
}

export interface SystemOptions {
  gateways?: number | undefined
  /** Added to every gateway's environment. */
  gatewayEnv?: Record<string, string> | undefined
  /** Runs nats-server with the users and permissions that docs/nats-permissions.md shows. @defaultValue false */
  secured?: boolean | undefined
}

/** The reference apps as processes around a real nats-server. */
export interface System extends AsyncDisposable {
  nats: NatsServer
  controlPlane: RunningProcess
  controlPlaneUrl: string
  gateways: { process: RunningProcess; port: number }[]
  /** `ws:` URL of a gateway under the host of a project. */
  url(gateway: number, project: ProjectName): string
  startWorker(project: ProjectName | Scope): Promise<RunningProcess>
}

/** Whose frames a worker handles. */
export interface Scope {
  workspaceId: string
  projectId: string
}

/** Starts nats-server, a control plane with two projects, and gateways; all ready when it resolves. */
export async function startSystem(options: SystemOptions = {}): Promise<System> {
  const stack = new Disposal()
  try {
    const folder = await mkdtemp(join(tmpdir(), 'portcullis-e2e-'))
    stack.defer(() => rm(folder, { recursive: true, force: true }))
    await writeFile(join(folder, 'projects.json'), JSON.stringify(PROJECTS))
    await emptyDatabase(join(folder, 'control-plane/registry'))
    const nats = stack.use(
      await startNatsServer(options.secured ? { config: await documentedNatsConfig() } : {}),
    )
    const natsEnv = (user: 'control-plane' | 'gateway' | 'worker'): Record<string, string> =>
      options.secured
        ? { NATS_URL: nats.url.replace('//', `//${user}:change-me@`), NATS_INBOX_PREFIX: `_INBOX_${user}` }
        : { NATS_URL: nats.url }
    const controlPlanePort = await freePort()
    const controlPlaneUrl = `http://127.0.0.1:${controlPlanePort}`
    const controlPlane = stack.use(
      await startProcess({
        module: CONTROL_PLANE,
        env: {
          PORT: String(controlPlanePort),
          ...natsEnv('control-plane'),
          CONTROL_PLANE_INTERNAL_TOKEN: INTERNAL_TOKEN,
          DATA_DIR: join(folder, 'control-plane'),
          PROJECTS_FILE: join(folder, 'projects.json'),
          LOG_LEVEL: 'warn',
        },
        readyWhen: `${controlPlaneUrl}/health/ready`,
      }),
    )
    const gateways: System['gateways'] = []
    for (let index = 0; index < (options.gateways ?? 1); index += 1) {
      const port = await freePort()
      const process = await startProcess({
        module: GATEWAY,
        env: {
          PORT: String(port),
          ...natsEnv('gateway'),
          CONTROL_PLANE_URL: controlPlaneUrl,
          CONTROL_PLANE_INTERNAL_TOKEN: INTERNAL_TOKEN,
          ...MACHINE_SECRETS,
          LOG_LEVEL: 'warn',
          ...options.gatewayEnv,
        },
        readyWhen: `http://127.0.0.1:${port}/health/ready`,
      })
      stack.use(process)
      gateways.push({ process, port })
    }
    return {
      nats,
      controlPlane,
      controlPlaneUrl,
      gateways,
      url: (gateway, project) => `ws://${SCOPES[project].host}:${gateways[gateway]?.port}/ws`,
      async startWorker(project) {
        const { workspaceId, projectId } = typeof project === 'string' ? SCOPES[project] : project
        const worker = await startProcess({
          module: WORKER_CLI,
          args: [COUNTER_WORKER],
          env: { ...natsEnv('worker'), WORKSPACE_ID: workspaceId, PROJECT_ID: projectId },
          readyWhen: /is running/,
        })
        stack.use(worker)
        return worker
      },
      [Symbol.asyncDispose]: () => stack[Symbol.asyncDispose](),
    }
  } catch (error) {
    await stack[Symbol.asyncDispose]()
    throw error
  }
}
