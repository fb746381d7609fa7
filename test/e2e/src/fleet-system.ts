import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { emptyDatabase, freePort, type RunningProcess, startProcess } from '@portcullis/test-servers'
import { Disposal } from './disposal.ts'
import { CONTROL_PLANE, FLAKY_WORKER, GATEWAY } from './paths.ts'
import { MACHINE_SECRETS } from './system.ts'

const SHARED = {
  CONTROL_PLANE_INTERNAL_TOKEN: 'an-internal-token-for-end-to-end-tests',
  GATEWAY_JWT_SECRET: MACHINE_SECRETS.GATEWAY_JWT_SECRET,
  LOG_LEVEL: 'warn',
}
/** 32 bytes, the same in all control planes of one database. */
const SECRET_KEY = '11'.repeat(32)

/** A control plane that can be killed and started again, at the same place. */
export interface ControlPlane extends AsyncDisposable {
  readonly url: string
  /** The current process. */
  readonly process: RunningProcess
  kill(): Promise<void>
  restart(): Promise<void>
}

/** A gateway. */
export interface GatewayProcess {
  readonly process: RunningProcess
  /** Of its HTTP side, without a slash at the end. */
  readonly http: string
  /** Of its relay; the host is told by a header. */
  readonly ws: string
  /** Of its interop gateway. */
  readonly gw: string
}

/** Makes the parts of a system, and ends all of them, the last one first. */
export class FleetSystem implements AsyncDisposable {
  readonly #stack = new Disposal()
  readonly #folder: string

  private constructor(folder: string) {
    this.#folder = folder
    this.#stack.defer(() => rm(folder, { recursive: true, force: true }))
  }

  static async create(): Promise<FleetSystem> {
    return new FleetSystem(await mkdtemp(join(tmpdir(), 'portcullis-fleet-')))
  }

  use<Resource extends AsyncDisposable>(resource: Resource): Resource {
    return this.#stack.use(resource)
  }

  /** A control plane with a database in a directory of its own, unless `env` names one. */
  async startControlPlane(env: Record<string, string> = {}): Promise<ControlPlane> {
    const port = await freePort()
    const url = `http://127.0.0.1:${port}`
    const dataDir = join(this.#folder, `control-plane-${port}`)
    if (env['DATABASE_URL'] === undefined) await emptyDatabase(join(dataDir, 'registry'))
    const begin = (): Promise<RunningProcess> =>
      startProcess({
        module: CONTROL_PLANE,
        env: {
          ...SHARED,
          PORT: String(port),
          DATA_DIR: dataDir,
          REGISTRY_SECRET_KEY: SECRET_KEY,
          ...env,
        },
        readyWhen: `${url}/health/ready`,
      })
    let process = await begin()
    return this.#stack.use({
      url,
      get process() {
        return process
      },
      async kill() {
        await process.kill()
      },
      async restart() {
        await process.kill()
        process = await begin()
      },
      [Symbol.asyncDispose]: async () => void (await process.stop()),
    })
  }

  async startGateway(controlPlaneUrl: string, env: Record<string, string> = {}): Promise<GatewayProcess> {
    const port = await freePort()
    const http = `http://127.0.0.1:${port}`
    const process = await startProcess({
      module: GATEWAY,
      env: {
        ...SHARED,
        ...MACHINE_SECRETS,
        PORT: String(port),
        AUTH_STORE: 'memory',
        CONTROL_PLANE_URL: controlPlaneUrl,
        ...env,
      },
      readyWhen: `${http}/health/ready`,
    })
    this.#stack.use(process)
    const at = `ws://127.0.0.1:${port}`
    return { process, http, ws: `${at}/ws`, gw: `${at}/gw` }
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.#stack[Symbol.asyncDispose]()
  }
}

/** Runs {@link FLAKY_WORKER} for a project inside a gateway without NATS. */
export const workerInside = (workspaceId: string, projectId: string): Record<string, string> => ({
  WORKER_MODULES: FLAKY_WORKER,
  WORKSPACE_ID: workspaceId,
  PROJECT_ID: projectId,
})
