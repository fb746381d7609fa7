import { fileURLToPath } from 'node:url'
import { freePort, startProcess } from '@portcullis/test-servers'
import { expect, test } from 'vitest'

const built = (path: string): string => fileURLToPath(new URL(`../../../${path}`, import.meta.url))

test('the dev command serves the page, says so when the gateway is ready, and stops cleanly', async () => {
  const [gatewayPort, port] = [await freePort(), await freePort()]
  await using desk = await startProcess({
    module: built('examples/interop/dist/dev.js'),
    env: { DESK_PORT: String(port), GATEWAY_PORT: String(gatewayPort), NO_COLOR: '1' },
    readyWhen: `http://localhost:${port}/`,
  })
  // The page is there before the gateway is; the words are not.
  expect(desk.output()).toBe('')
  await using _gateway = await startProcess({
    module: built('apps/gateway/dist/index.js'),
    env: { PORT: String(gatewayPort), AUTH_STORE: 'memory', LOG_LEVEL: 'warn' },
    readyWhen: `http://localhost:${gatewayPort}/health/ready`,
  })
  await desk.waitForOutput(/Interop .*\n/)
  expect(desk.output()).toContain(`http://localhost:${port}`)
  expect(desk.output()).toContain(`ws://localhost:${gatewayPort}/gw`)
  expect(await desk.stop('SIGINT')).toMatchObject({ code: 0 })
})

test('a variable that cannot be used is named and ends it', async () => {
  await using desk = await startProcess({
    module: built('examples/interop/dist/dev.js'),
    env: { DESK_PORT: 'x', INTEROP_URL: 'http://s3cret@localhost' },
  })
  expect(await desk.exited).toMatchObject({ code: 1 })
  expect(desk.output()).toContain('DESK_PORT')
  expect(desk.output()).toContain('INTEROP_URL')
  expect(desk.output()).not.toContain('s3cret')
})
