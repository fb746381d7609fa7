import { readFileSync } from 'node:fs'
import { mkdtemp, rm, symlink, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { emptyDatabase, freePort, startProcess } from '@portcullis/test-servers'
import { expect, test } from 'vitest'

const root = fileURLToPath(new URL('../../../', import.meta.url))
const blocks = [...readFileSync(join(root, 'README.md'), 'utf8').matchAll(/^```js\n([\s\S]*?)^```$/gm)].map(
  ([, code]) => code,
)
const [worker = '', client = ''] = blocks

test('the README shows the files of this example, the worker in ten lines and the client in five', () => {
  expect(worker).toBe(readFileSync(join(root, 'examples/hello/worker.js'), 'utf8'))
  expect(client).toBe(readFileSync(join(root, 'examples/hello/client.js'), 'utf8'))
  expect(worker.trimEnd().split('\n').length).toBeLessThanOrEqual(10)
  expect(client.trimEnd().split('\n').length).toBeLessThanOrEqual(5)
})

test('pasted into files, they talk to each other through the apps', async () => {
  const folder = await mkdtemp(join(root, 'examples/hello/.pasted-'))
  try {
    const [controlPlanePort, port] = [await freePort(), await freePort()]
    await symlink('../node_modules', join(folder, 'node_modules'))
    await writeFile(join(folder, 'worker.js'), worker)
    await writeFile(join(folder, 'client.js'), client.replace('localhost:4000', `localhost:${port}`))
    await emptyDatabase(join(folder, 'control-plane/registry'))
    await using _controlPlane = await startProcess({
      module: join(root, 'apps/control-plane/dist/index.js'),
      env: { PORT: String(controlPlanePort), DATA_DIR: join(folder, 'control-plane') },
      readyWhen: `http://127.0.0.1:${controlPlanePort}/health`,
    })
    await using _gateway = await startProcess({
      module: join(root, 'apps/gateway/dist/index.js'),
      env: {
        PORT: String(port),
        AUTH_STORE: 'memory',
        CONTROL_PLANE_URL: `http://127.0.0.1:${controlPlanePort}`,
        WORKER_MODULES: join(folder, 'worker.js'),
      },
      readyWhen: `http://127.0.0.1:${port}/health/ready`,
    })
    await using run = await startProcess({ module: join(folder, 'client.js') })
    await run.waitForOutput(/\n/)
    expect(run.output()).toBe('Hello, Ada! This is front-door.\n')
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
})
