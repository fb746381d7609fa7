import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import { openBrowser, type TestBrowser } from '@portcullis/example-page/testing'
import type { Page } from 'playwright-core'
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest'
import { startChat, type RunningChat } from './support/start-chat.ts'

let chat: RunningChat
let browser: TestBrowser

beforeAll(async () => {
  chat = await startChat()
  browser = await openBrowser()
})
afterEach(() => {
  expect(browser.takeComplaints()).toEqual([])
})
afterAll(async () => {
  await browser?.[Symbol.asyncDispose]()
  await chat?.[Symbol.asyncDispose]()
})

/** A person: a browser profile of its own, connected and in a room. */
async function enter(name: string, room: string): Promise<Page> {
  const page = await browser.open(`${chat.pageUrl}/#${room}`)
  await page.getByRole('status').getByText('Connected').waitFor()
  await page.getByLabel('You are').fill(name)
  await page.getByLabel('You are').press('Enter')
  await person(page, `${name} (you)`).waitFor()
  return page
}

function person(page: Page, name: string): ReturnType<Page['getByText']> {
  return page.getByRole('complementary', { name: 'Who is here' }).getByText(name, { exact: true })
}

function bubble(page: Page, text: string): ReturnType<Page['getByText']> {
  return page.getByRole('log').getByText(text, { exact: true })
}

async function say(page: Page, text: string): Promise<void> {
  await page.getByLabel('Message', { exact: true }).fill(text)
  await page.getByRole('button', { name: 'Send' }).click()
}

describe('two browsers', () => {
  test('exchange messages, see each other and see each other type', async () => {
    const ada = await enter('Ada', 'two')
    const bob = await enter('Bob', 'two')
    await person(ada, 'Bob').waitFor()
    await person(bob, 'Ada').waitFor()

    await bob.getByLabel('Message', { exact: true }).pressSequentially('hel')
    await ada.getByText('Bob is typing').waitFor()
    await say(bob, 'hello Ada')
    await bubble(ada, 'hello Ada').waitFor()
    await ada.getByText('Bob is typing').waitFor({ state: 'detached' })
    await bob.getByText('Delivered').waitFor()

    await say(ada, 'hello Bob')
    await bubble(bob, 'hello Bob').waitFor()
    expect(await bob.locator('.bubble').allTextContents()).toEqual(['hello Ada', 'hello Bob'])
    expect(await ada.locator('.bubble').allTextContents()).toEqual(['hello Ada', 'hello Bob'])

    await bob.context().close()
    await person(ada, 'Bob').waitFor({ state: 'detached' })
    await ada.context().close()
  })

  test('in different rooms do not hear each other, and meet by changing rooms', async () => {
    const ada = await enter('Ada', 'north')
    const bob = await enter('Bob', 'south')
    await say(ada, 'anybody north?')
    await ada.getByText('Delivered').waitFor()
    expect(await bob.locator('.bubble').count()).toBe(0)
    await bob.getByLabel('Name of a new room').fill('North')
    await bob.getByLabel('Name of a new room').press('Enter')
    // A newcomer sees what was said before.
    await bubble(bob, 'anybody north?').waitFor()
    await person(ada, 'Bob').waitFor()
    await bob.getByRole('link', { name: 'south' }).click()
    await person(ada, 'Bob').waitFor({ state: 'detached' })
    await Promise.all([ada.context().close(), bob.context().close()])
  })
})

test('markup in names and messages stays text', async () => {
  const ada = await enter('Ada', 'markup')
  const eve = await enter('<b>Eve</b>', 'markup')
  const attack = '<img src=x onerror="document.title=\'owned\'"><script>document.title="owned"</script>'
  await say(eve, attack)
  await bubble(ada, attack).waitFor()
  await person(ada, '<b>Eve</b>').waitFor()
  expect(await ada.locator('#messages img, #messages script, #people b').count()).toBe(0)
  expect(await ada.title()).toBe('#markup · Portcullis chat')
  await Promise.all([ada.context().close(), eve.context().close()])
})

test('what is said while the gateway is away is pending, and delivered once when it is back', async () => {
  const ada = await enter('Ada', 'outage')
  const bob = await enter('Bob', 'outage')
  await say(ada, 'before')
  await bubble(bob, 'before').waitFor()
  await chat.interrupt()
  await ada.getByText('Reconnecting').waitFor()
  await say(ada, 'during')
  await ada.getByText('Sending…').waitFor()
  await chat.resume()
  await bubble(bob, 'during').waitFor()
  await ada.getByText('Sending…').waitFor({ state: 'detached' })
  await person(ada, 'Bob').waitFor()
  expect(await ada.locator('.bubble').allTextContents()).toEqual(['before', 'during'])
  expect(await bob.locator('.bubble').allTextContents()).toEqual(['before', 'during'])
  // On a new connection they are still the same two people.
  expect(await ada.locator('#people li').count()).toBe(2)
  await Promise.all([ada.context().close(), bob.context().close()])
})

test('the console is one click away', async () => {
  const ada = await enter('Ada', 'linked')
  const link = ada.getByRole('link', { name: 'Console', exact: true })
  await link.waitFor()
  expect(await link.getAttribute('href')).toBe('http://localhost:3000')
  await ada.context().close()
})

test('nobody is told the session of somebody else', async () => {
  const ada = await enter('Ada', 'secret')
  const received: string[] = []
  const eve = await (await browser.newContext()).newPage()
  eve.on('websocket', (socket) => {
    socket.on('framereceived', ({ payload }) => received.push(payload.toString()))
  })
  await eve.goto(`${chat.pageUrl}/#secret`)
  await person(eve, 'Ada').waitFor()
  await say(ada, 'psst')
  await bubble(eve, 'psst').waitFor()
  const sessionIds = received.join('\n').match(/"sessionId":"[^"]+"/g)
  // Its own, in the welcome of the relay.
  expect(sessionIds).toHaveLength(1)
  expect(received.filter((frame) => frame.includes('"key"'))).toEqual([])
  await Promise.all([ada.context().close(), eve.context().close()])
})

test('the terminal participant says its piece and ends', async () => {
  const ada = await enter('Ada', 'terminal')
  const module = fileURLToPath(new URL('../dist/say.js', import.meta.url))
  const child = spawn(process.execPath, [module, 'hello from a terminal', 'terminal'], {
    env: { PATH: process.env['PATH'], GATEWAY_URL: chat.gatewayUrl, USER: 'Shell' },
    stdio: 'inherit',
  })
  expect(await once(child, 'exit')).toEqual([0, null])
  await bubble(ada, 'hello from a terminal').waitFor()
  await person(ada, 'Shell').waitFor({ state: 'detached' })
  await ada.context().close()
})
