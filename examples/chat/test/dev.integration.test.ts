import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { emptyDatabase, freePort, startProcess } from '@portcullis/test-servers'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'

const built = (path: string): string => fileURLToPath(new URL(`../../../${path}`, import.meta.url))

let folder: string
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'portcullis-chat-'))
})
afterAll(() => rm(folder, { recursive: true, force: true }))

// Most of what happens here is waiting for processes.
describe.concurrent('the programs of the example', () => {
  test('the dev command serves the page, announces the system when it is ready, and stops cleanly', async () => {
    const [controlPlanePort, gatewayPort, chatPort] = [await freePort(), await freePort(), await freePort()]
    const GATEWAY_URL = `ws://localhost:${gatewayPort}/ws`
    const CONTROL_PLANE_URL = `http://localhost:${controlPlanePort}`
    await using chat = await startProcess({
      module: built('examples/chat/dist/dev.js'),
      env: { CHAT_PORT: String(chatPort), GATEWAY_URL, CONTROL_PLANE_URL, NO_COLOR: '1' },
      readyWhen: `http://localhost:${chatPort}/`,
    })
    // The page is there before the gateway is; the banner is not.
    expect(chat.output()).toBe('')

    await emptyDatabase(join(folder, 'control-plane/registry'))
    await using controlPlane = await startProcess({
      module: built('apps/control-plane/dist/index.js'),
      env: { PORT: String(controlPlanePort), DATA_DIR: join(folder, 'control-plane'), LOG_LEVEL: 'warn' },
      readyWhen: `${CONTROL_PLANE_URL}/health`,
    })
    await using _gateway = await startProcess({
      module: built('apps/gateway/dist/index.js'),
      env: {
        PORT: String(gatewayPort),
        AUTH_STORE: 'memory',
        CONTROL_PLANE_URL,
        WORKER_MODULES: built('examples/chat/dist/worker.js'),
        LOG_LEVEL: 'warn',
      },
      readyWhen: `http://localhost:${gatewayPort}/health/ready`,
    })
    await chat.waitForOutput(/Portcullis is up/)
    const [, command] = await chat.waitForOutput(/GATEWAY_URL=\S+ node examples\/chat\/(dist\/say\.js) ".+"/)
    expect(chat.output()).toContain(`http://localhost:${chatPort}`)
    expect(chat.output()).toContain(GATEWAY_URL)
    // Nobody operates it yet, and it says itself how that changes.
    expect(chat.output()).toContain('open the set-up link')
    await controlPlane.waitForOutput(new RegExp(`http://localhost:${controlPlanePort}/setup#\\S+`))

    // The next step works as printed.
    await using say = await startProcess({
      module: built(`examples/chat/${command}`),
      args: ['hello from the terminal'],
      env: { GATEWAY_URL },
    })
    expect(await say.exited).toMatchObject({ code: 0 })
    expect(say.output()).toContain('Said in #lobby: hello from the terminal')

    expect(await chat.stop('SIGINT')).toMatchObject({ code: 0 })
  })

  test('a variable that cannot be used is named and ends it', async () => {
    await using chat = await startProcess({
      module: built('examples/chat/dist/dev.js'),
      env: { CHAT_PORT: 'x', GATEWAY_URL: 'http://s3cret@localhost' },
    })
    expect(await chat.exited).toMatchObject({ code: 1 })
    expect(chat.output()).toContain('CHAT_PORT')
    expect(chat.output()).toContain('GATEWAY_URL')
    expect(chat.output()).not.toContain('s3cret')
  })

  test('the terminal participant says so when nobody answers', async () => {
    await using say = await startProcess({
      module: built('examples/chat/dist/say.js'),
      args: ['hello'],
      env: { GATEWAY_URL: `ws://localhost:${await freePort()}/ws` },
    })
    expect(await say.exited).toMatchObject({ code: 1 })
    expect(say.output()).toContain('Could not say it')
  })

  test('the terminal participant refuses what the room would refuse', async () => {
    const module = built('examples/chat/dist/say.js')
    for (const args of [['   '], ['hello', 'No Such Room']]) {
      await using say = await startProcess({ module, args })
      expect(await say.exited).toMatchObject({ code: 2 })
    }
  })
})
