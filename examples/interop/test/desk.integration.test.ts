import { openBrowser, type TestBrowser } from '@portcullis/example-page/testing'
import type { BrowserContext, Locator, Page } from 'playwright-core'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { startDesk, type RunningDesk } from './support/start-desk.ts'

let desk: RunningDesk
let browser: TestBrowser
/** The profile in which the windows of one test open. */
let profile: BrowserContext
/** The user of this test: what one shares stays at the gateway when the windows are gone. */
let user: string
let count = 0

beforeAll(async () => {
  desk = await startDesk()
  browser = await openBrowser()
})
beforeEach(async () => {
  profile = await browser.newContext()
  count += 1
  user = `ann${count}`
})
afterEach(async () => {
  await profile.close()
  await expect.poll(() => desk.gateway.stats().peers).toBe(0)
  expect(browser.takeComplaints()).toEqual([])
})
afterAll(async () => {
  await browser?.[Symbol.asyncDispose]()
  await desk?.[Symbol.asyncDispose]()
})

/** A window, without waiting for its connection. */
const openPage = (path: string): Promise<Page> => browser.open(`${desk.pageUrl}/${path}`, profile)

/** A connected window of a user. */
async function open(city: string, who: string = user): Promise<Page> {
  const page = await openPage(`?${String(new URLSearchParams({ user: who, desk: city }))}`)
  await connected(page)
  return page
}

const connected = (page: Page): Promise<void> => page.getByText('Connected', { exact: true }).waitFor()
const windows = (page: Page): Locator => page.getByRole('region', { name: 'Your windows' })
const happened = (page: Page, text: string): Promise<void> =>
  page.getByRole('log').getByText(text, { exact: true }).first().waitFor()
const inFocus = (page: Page, name: string): Promise<void> =>
  page.getByRole('heading', { name, exact: true }).waitFor()
const note = (page: Page): Locator => page.getByLabel('Note for all your windows')
const choose = (page: Page, name: string): Promise<void> => page.getByRole('button', { name }).click()
const noteIs = (page: Page, text: string): Promise<void> =>
  expect.poll(() => note(page).inputValue(), { timeout: 10_000 }).toBe(text)
const asked = (page: Page, city: string): Promise<void> =>
  page.getByRole('button', { name: `Ask ${city} for the time` }).click()

describe('two windows of one user', () => {
  test('look at the same instrument, whichever of them chooses', async () => {
    const [london, tokyo] = [await open('London'), await open('Tokyo')]
    await choose(london, 'Copper Lake')
    await inFocus(london, 'Copper Lake')
    await inFocus(tokyo, 'Copper Lake')
    await tokyo.getByText('chosen in London').waitFor()
    await choose(tokyo, 'Granite Mills')
    await inFocus(london, 'Granite Mills')
    await happened(london, 'Tokyo looks at Granite Mills')
    // A window that comes later looks at it too.
    await inFocus(await open('Sofia'), 'Granite Mills')
  })

  test('write notes, each of which the other reads', async () => {
    const [london, tokyo] = [await open('London'), await open('Tokyo')]
    await note(london).fill('buy, they said')
    await noteIs(tokyo, 'buy, they said')
    await tokyo.getByText('Written in London').waitFor()
    await note(tokyo).fill('sold “everything” <b>already</b> 🎉')
    await noteIs(london, 'sold “everything” <b>already</b> 🎉')
    // The notes on two instruments are kept apart.
    await choose(london, 'Solstice Energy')
    await noteIs(tokyo, '')
    await note(tokyo).fill('another note')
    await noteIs(london, 'another note')
    await choose(tokyo, 'Alder & Finch')
    await noteIs(london, 'sold “everything” <b>already</b> 🎉')
  })

  test('call each other, and get answers', async () => {
    const [london, tokyo] = [await open('London'), await open('Tokyo')]
    await asked(london, 'Tokyo')
    await windows(london)
      .getByText(/^\d\d:\d\d there$/)
      .waitFor()
    await asked(tokyo, 'London')
    await windows(tokyo)
      .getByText(/^\d\d:\d\d there$/)
      .waitFor()
    await london.getByRole('button', { name: 'Raise your hand in Tokyo' }).click()
    await tokyo.getByRole('alert').getByText('London raises a hand').waitFor()
    await happened(london, 'You raised your hand, seen in Tokyo')
    await tokyo.getByRole('button', { name: 'Raise your hand in London' }).click()
    await london.getByRole('alert').getByText('Tokyo raises a hand').waitFor()
  })

  test('see each other come and go', async () => {
    const london = await open('London')
    await london.getByText('Only this one so far').waitFor()
    const [tokyo] = await Promise.all([
      profile.waitForEvent('page'),
      london.getByRole('link', { name: 'Open another desk' }).click(),
    ])
    // It stands where no other does.
    await tokyo.getByRole('heading', { name: 'New York desk' }).waitFor()
    await windows(london).getByText('New York').waitFor()
    await windows(tokyo).getByText('London').waitFor()
    await tokyo.close()
    await happened(london, 'New York left')
    await london.getByText('Only this one so far').waitFor()
  })

  test('follow the prices that one of them feeds, and of the next one when that closes', async () => {
    const [london, tokyo] = [await open('London'), await open('Tokyo')]
    await tokyo.getByRole('button', { name: 'Start the prices' }).click()
    for (const page of [london, tokyo]) await page.locator('#chart-line[d^="M"]').waitFor()
    await london.getByText('Tokyo does now').waitFor()
    // Who comes late is told what was before: a line needs two prices.
    const sofia = await open('Sofia')
    await sofia.locator('#chart-line[d^="M"]').waitFor()
    await london.getByLabel('Feed prices from here').check()
    await tokyo.close()
    await sofia.getByText('London does now').waitFor()
    await london.getByLabel('Feed prices from here').uncheck()
    await sofia.getByText('Nobody does').waitFor()
  })
})

test('a hand raised to all is seen in every other window', async () => {
  const [london, tokyo, sofia] = [await open('London'), await open('Tokyo'), await open('Sofia')]
  await windows(sofia).getByText('London').waitFor()
  await sofia.getByRole('button', { name: 'Raise hand to all' }).click()
  for (const page of [london, tokyo]) await page.getByRole('alert').getByText('Sofia raises a hand').waitFor()
  await sofia
    .getByRole('log')
    .getByText(/^You raised your hand, seen in (London, Tokyo|Tokyo, London)$/)
    .waitFor()
})

test('another user sees nothing of it: no window, no note, no focus, no prices', async () => {
  const ann = await open('London')
  const received: string[] = []
  const page = await profile.newPage()
  page.on('websocket', (socket) =>
    socket.on('framereceived', ({ payload }) => received.push(payload.toString())),
  )
  await page.goto(`${desk.pageUrl}/?user=eve&desk=Tokyo`)
  await connected(page)
  await choose(ann, 'Copper Lake')
  await note(ann).fill('for my eyes only')
  await ann.getByLabel('Feed prices from here').check()
  await ann.locator('#chart-line[d^="M"]').waitFor()
  await inFocus(ann, 'Copper Lake')
  // Eve's own windows work, so her page is not merely slow.
  const other = await open('Sofia', 'eve')
  await note(other).fill('of eve')
  await noteIs(page, 'of eve')
  await inFocus(page, 'Alder & Finch')
  expect(await windows(page).getByRole('listitem').count()).toBe(1)
  await page.getByText('Nobody does').waitFor()
  expect(received.join('\n')).not.toMatch(/London|ann|CPL|for my eyes only|Desk\.Prices/)
  expect(await windows(ann).getByRole('listitem').count()).toBe(0)
})

test('after the gateway was restarted the windows find each other, and what they shared is there again', async () => {
  const [london, tokyo] = [await open('London'), await open('Tokyo')]
  await choose(london, 'Copper Lake')
  await note(tokyo).fill('survives')
  await noteIs(london, 'survives')
  await tokyo.getByLabel('Feed prices from here').check()
  await london.getByText('Tokyo does now').waitFor()
  await desk.interrupt()
  for (const page of [london, tokyo]) await page.getByText('Reconnecting').waitFor()
  await desk.resume()
  for (const page of [london, tokyo]) await connected(page)
  await windows(london).getByText('Tokyo').waitFor()
  await asked(london, 'Tokyo')
  await london
    .getByRole('log')
    .getByText(/^It is \d\d:\d\d in Tokyo$/)
    .waitFor()
  await london.getByText('Tokyo does now').waitFor()
  await choose(tokyo, 'Northwind Harbour')
  await inFocus(london, 'Northwind Harbour')
  await choose(london, 'Copper Lake')
  await noteIs(tokyo, 'survives')
  // One of each, not one for every connection.
  expect(await windows(london).getByRole('listitem').count()).toBe(1)
})

test('a window that is opened before the gateway is up connects when it is', async () => {
  await desk.interrupt()
  const page = await openPage(`?user=${user}&desk=London`)
  await page.getByText('Connecting').waitFor()
  await desk.resume()
  await connected(page)
})

test('who is not let in is told so', async () => {
  const page = await openPage('?user=mallory&desk=London')
  await page.getByText('Not admitted').waitFor()
  await page.getByRole('alert').getByText('The gateway does not let you in').waitFor()
  // The client rejects a promise of its own with an object.
  await expect.poll(() => browser.takeComplaints()).toEqual(['Object'])
})

test('the page asks for a name, keeps it, and is the same desk after a reload', async () => {
  const page = await openPage('')
  await page.getByLabel('Your name').fill('  Zoë ')
  await page.getByRole('button', { name: 'Sign in' }).click()
  await connected(page)
  const heading = await page.getByRole('heading', { level: 1, name: 'desk' }).textContent()
  await page.reload()
  await connected(page)
  expect(await page.getByRole('heading', { level: 1, name: 'desk' }).textContent()).toBe(heading)
  await page.getByRole('link', { name: 'Sign in as somebody else' }).click()
  expect(await page.getByLabel('Your name').inputValue()).toBe('Zoë')
})

test('markup in what other programs call themselves stays text', async () => {
  const name = '<img src=x onerror="document.title=\'owned\'">'
  const london = await open('London')
  const other = desk.gateway.client((message) => {
    if (message.type === 'welcome') {
      other.send({ type: 'join', destination: 'agm', peer_id: message['peer_id'], request_id: 'j' })
    }
  })
  other.send({
    type: 'hello',
    identity: { application: 'Desk', desk: name },
    authentication: { method: 'secret', login: user, secret: 'any' },
  })
  await windows(london).getByText(name).waitFor()
  expect(await london.locator('#desks img').count()).toBe(0)
  // It offers nothing, so asking it says so.
  await london.getByRole('button', { name: /^Ask <img/ }).click()
  await london.getByRole('alert').getByText('No answer from').waitFor()
  expect(await london.title()).toBe('London · Portcullis desk')
  other.close()
})

test.each([320, 390, 720, 1080, 1366])('nothing is wider than a screen of %i px', async (width) => {
  const page = await open('São Paulo')
  await page.setViewportSize({ width, height: 700 })
  await page.getByRole('button', { name: 'Start the prices' }).click()
  await page.locator('#chart-line[d^="M"]').waitFor()
  expect(await page.evaluate('document.documentElement.scrollWidth - innerWidth')).toBeLessThanOrEqual(0)
})
