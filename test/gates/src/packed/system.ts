import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { emptyDatabase, freePort, startProcess } from '@portcullis/test-servers'
import { ROOT } from '../repo/workspace.ts'

export interface RunningSystem extends AsyncDisposable {
  /** Address of the gateway's WebSocket endpoint. */
  readonly gatewayUrl: string
}

const INTERNAL_TOKEN = 'internal-token-of-the-pack-gate-and-nobody-else'

/** Starts the built apps on embedded defaults with the chat worker in the gateway: what the client's README talks to. */
export async function startSystem(): Promise<RunningSystem> {
  const [controlPort, gatewayPort] = [await freePort(), await freePort()]
  const controlPlaneUrl = `http://localhost:${controlPort}`
  // What the apps keep by default, they keep in their working folder.
  const cwd = await mkdtemp(join(tmpdir(), 'portcullis-packed-'))
  await emptyDatabase(join(cwd, 'data/control-plane/registry'))
  const control = await startProcess({
    module: join(ROOT, 'apps/control-plane/dist/index.js'),
    env: { PORT: String(controlPort), CONTROL_PLANE_INTERNAL_TOKEN: INTERNAL_TOKEN },
    cwd,
    readyWhen: `${controlPlaneUrl}/health/ready`,
  })
  const gateway = await startProcess({
    module: join(ROOT, 'apps/gateway/dist/index.js'),
    env: {
      PORT: String(gatewayPort),
      CONTROL_PLANE_URL: controlPlaneUrl,
      CONTROL_PLANE_INTERNAL_TOKEN: INTERNAL_TOKEN,
      WORKER_MODULES: join(ROOT, 'examples/chat/dist/worker.js'),
    },
    cwd,
    readyWhen: `http://localhost:${gatewayPort}/health/ready`,
  }).catch(async (error: unknown) => {
    await control.stop()
    throw error
  })
  return {
    gatewayUrl: `ws://localhost:${gatewayPort}/ws`,
    async [Symbol.asyncDispose]() {
      await gateway.stop()
      await control.stop()
      await rm(cwd, { recursive: true, force: true })
    },
  }
}
