import { findChromium } from '@portcullis/test-servers'
import { chromium, type BrowserContext, type Page } from 'playwright-core'

/** A headless Chromium that hears what the pages of a test complain of. */
export interface TestBrowser extends AsyncDisposable {
  /** A profile of its own: no storage shared with another. */
  newContext(): Promise<BrowserContext>
  /** A page whose complaints are kept; without a context in a profile of its own. */
  open(url: string, context?: BrowserContext): Promise<Page>
  /** What pages threw or wrote to their console and should not have, since it was last asked. */
  takeComplaints(): string[]
}

/** Starts it. A connection that fails is no complaint: tests take gateways away. */
export async function openBrowser(): Promise<TestBrowser> {
  const browser = await chromium.launch({ executablePath: await findChromium() })
  const complaints: string[] = []
  return {
    newContext: () => browser.newContext(),
    async open(url, context) {
      const page = await (context ?? (await browser.newContext())).newPage()
      page.on('pageerror', (error) => complaints.push(error.message))
      page.on('console', (message) => {
        if (message.type() === 'error' && !message.text().includes('WebSocket'))
          complaints.push(message.text())
      })
      await page.goto(url)
      return page
    },
    takeComplaints: () => complaints.splice(0),
    [Symbol.asyncDispose]: () => browser.close(),
  }
}
