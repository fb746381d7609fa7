import { findChromium } from './chromium/find.ts'
import { ensureNatsServer } from './nats/ensure.ts'
import { ensureTool } from './tools/ensure.ts'

/**
 * Vitest global setup: gets the programs the tests need before the first test, so that an installation counts against no
 * test's time and a machine where none of the ways works fails once, with the reason.
 */
export default async function prepare(): Promise<void> {
  await ensureNatsServer()
  await findChromium()
  await ensureTool('curl')
  await ensureTool('jq')
}
