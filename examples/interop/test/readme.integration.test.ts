import { readFileSync } from 'node:fs'
import { mkdtemp, rm, symlink, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { freePort, startProcess } from '@portcullis/test-servers'
import { expect, test } from 'vitest'

const root = fileURLToPath(new URL('../../../', import.meta.url))
const section = readFileSync(join(root, 'README.md'), 'utf8').split('\n## An interop gateway\n')[1] ?? ''
const client = /^```js\n([\s\S]*?)^```$/m.exec(section)?.[1] ?? ''

test('the README shows the client of this example, in a few lines', () => {
  expect(client).toBe(readFileSync(join(root, 'examples/interop/client.js'), 'utf8'))
  expect(client.trimEnd().split('\n').filter(Boolean).length).toBeLessThanOrEqual(7)
})

test('pasted into a file, it works against the gateway app', async () => {
  const folder = await mkdtemp(join(root, 'examples/interop/.pasted-'))
  try {
    const port = await freePort()
    await symlink('../node_modules', join(folder, 'node_modules'))
    await writeFile(join(folder, 'client.js'), client.replace('localhost:4000', `localhost:${port}`))
    await using _gateway = await startProcess({
      module: join(root, 'apps/gateway/dist/index.js'),
      env: { PORT: String(port), AUTH_STORE: 'memory' },
      readyWhen: `http://127.0.0.1:${port}/health/ready`,
    })
    await using run = await startProcess({ module: join(folder, 'client.js') })
    expect(await run.exited).toMatchObject({ code: 0 })
    expect(run.output()).toBe("Now in all windows of ann: { focus: { id: 'CPL', by: 'a terminal' } }\n")
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
})
