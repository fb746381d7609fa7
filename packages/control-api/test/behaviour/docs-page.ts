import { spawn } from 'node:child_process'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { findChromium } from '@portcullis/test-servers'
import { describe, expect, test } from 'vitest'
import type { Share } from '../fixtures/suite.ts'

/** The page that shows the document. */
export function describeDocsPage(share: Share): void {
  describe('the page at /docs', () => {
    test('has a policy without exceptions', async () => {
      const { headers } = await share().api.app.inject('/docs/')
      const policy = String(headers['content-security-policy'])
      expect(policy).toContain("default-src 'none'")
      expect(policy).not.toMatch(/unsafe|https?:|\*/)
    })

    test('shows the operations in a browser, which finds nothing that its policy forbids', async () => {
      const app = await share().api.open()
      const url = await app.listen({ port: 0, host: '127.0.0.1' })
      const profile = await mkdtemp(join(tmpdir(), 'portcullis-docs-'))
      try {
        const { page, log } = await render(`${url}/docs/`, profile)
        expect(page).toContain('operations-workspaces-listWorkspaces')
        expect(log.split('\n').filter((line) => /CONSOLE|Content.Security.Policy/i.test(line))).toEqual([])
      } finally {
        await rm(profile, { recursive: true, force: true, maxRetries: 5 })
      }
    })
  })
}

/** Loads a page in headless Chromium: what it looks like in the end, and what its console says. */
async function render(url: string, profile: string): Promise<{ page: string; log: string }> {
  const child = spawn(await findChromium(), [
    '--headless=new',
    '--no-sandbox',
    '--disable-gpu',
    '--disable-dev-shm-usage',
    `--user-data-dir=${profile}`,
    '--enable-logging=stderr',
    '--virtual-time-budget=10000',
    '--dump-dom',
    url,
  ])
  let page = ''
  let log = ''
  child.stdout.on('data', (chunk) => (page += String(chunk)))
  child.stderr.on('data', (chunk) => (log += String(chunk)))
  await new Promise((resolve) => {
    child.on('close', resolve)
  })
  return { page, log }
}
