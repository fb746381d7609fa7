import { describe, expect, test } from 'vitest'
import { dialog, heading, HOSTILE, named, press, row, SHOP, type World } from '../fixtures/world.ts'

export function whatGoesOn(world: World): void {
  describe('what goes on', () => {
    test('a session appears by itself, is found by its user, and ends when it is disconnected', async () => {
      const page = await world.open('/workspaces/acme/sessions')
      await heading(page, 'Nobody is connected')
      world.plane.gateway.connect({ sessionId: 'gw-1.ann', userId: 'ann', received: 7 })
      world.plane.gateway.connect({ sessionId: 'gw-1.ben', userId: 'ben' })
      await row(page, 'ann').getByText('7 in').waitFor()
      // The same row changes; the page is not asked for.
      world.plane.gateway.connect({ sessionId: 'gw-1.ann', received: 1234 })
      await row(page, 'ann').getByText('1,234 in').waitFor()

      await page.getByPlaceholder('User id, exactly').fill('ben')
      await expect.poll(() => row(page, 'ann').count()).toBe(0)
      await press(row(page, 'ben'), 'Disconnect')
      await press(dialog(page, 'Disconnect ben?'), 'Cancel')
      expect(world.plane.gateway.has('gw-1.ben')).toBe(true)
      await press(row(page, 'ben'), 'Disconnect')
      await page.getByLabel('Block this user in shop as well').check()
      await press(dialog(page, 'Disconnect ben?'), 'Disconnect')
      await heading(page, 'Nobody matches')
      expect(world.plane.gateway.has('gw-1.ben')).toBe(false)
      expect(world.plane.gateway.has('gw-1.ann')).toBe(true)
      expect(await world.plane.store.blockedUsers.find(SHOP, 'ben')).not.toBeNull()
    })

    test('the overview shows numbers and charts that move', async () => {
      world.plane.gateway.count('shop', 500)
      world.plane.gateway.connect({ sessionId: 'gw-1.ann' })
      const page = await world.open('/workspaces/acme')
      const connections = page.locator('.stat', { hasText: 'Connections' })
      await connections.getByText('1', { exact: true }).waitFor()
      expect(await page.locator('.chart canvas').count()).toBe(3)
    })

    test('a dead letter is looked at as text, replayed, or dropped', async () => {
      for (const actorId of ['1001', '1002', '1003']) {
        await world.plane.gateway.park({
          actor: 'order',
          actorId,
          userId: 'ann',
          reason: { code: 'handler_failed', message: `no such order ${HOSTILE}` },
          message: { actor: 'order', actorId, html: HOSTILE },
        })
      }
      const page = await world.open('/workspaces/acme/dead-letters')
      await press(row(page, 'order 1001'), 'Look')
      const letter = dialog(page, 'Dead letter')
      expect(await letter.getByLabel('Message').innerText()).toMatch(/"html": "<img src=x onerror=.*\\u202e/)
      await press(letter, 'Replay')
      await page.getByText('Handed to the workers again').waitFor()
      await expect.poll(() => row(page, 'order 1001').count()).toBe(0)
      await press(row(page, 'order 1002'), 'Replay')
      await expect.poll(() => row(page, 'order 1002').count()).toBe(0)
      await press(row(page, 'order 1003'), 'Drop')
      await press(dialog(page, 'Drop this message?'), 'Drop message')
      await heading(page, 'Every message was handled')
      expect(await page.title()).toBe('Dead letters · Portcullis')
    })

    test('which rule decides about a name and an identity is explained, and marked in its list', async () => {
      const page = await world.open('/operate/visibility')
      await named(page).fill('T42.Notify')
      await page.getByLabel('Identity').fill('application = Excel\nuser = ann')
      await press(page, 'Explain')
      await heading(page, 'methods[1] decides')
      expect(await page.locator('[aria-current="true"]').innerText()).toContain('methods[1]')
      await page.getByText('Why not the rules before it').click()
      await page.getByText('identity member "application" is not').waitFor()
      await page.getByLabel('Identity').fill('application = Outlook')
      await press(page, 'Explain')
      await heading(page, 'methods[0] decides')
    })

    test('while the control plane is away the page says so, keeps what it showed, and comes back by itself', async () => {
      const page = await world.open('/operate/gateways')
      await row(page, 'Frankfurt').waitFor()
      await world.plane.interrupt()
      try {
        await page.getByText('The control plane cannot be reached.').waitFor()
        expect(await row(page, 'Frankfurt').count()).toBe(1)
        await press(page, 'Try now')
      } finally {
        await world.plane.resume()
      }
      await expect.poll(() => page.getByText('The control plane cannot be reached.').count()).toBe(0)
    })

    test('what can no longer be read says so, beside what it showed', async () => {
      const page = await world.open('/operate/gateways')
      await row(page, 'Frankfurt').waitFor()
      await page.route('**/api/gateways', (route) => route.fulfill({ status: 403, json: {} }))
      await page.getByText('Your role does not allow this.').waitFor()
      expect(await row(page, 'Frankfurt').count()).toBe(1)
    })

    test('how late a gateway is does not depend on the clock here', async () => {
      const context = await world.signedIn()
      await context.clock.setSystemTime(Date.now() + 3_600_000)
      const page = await world.open('/operate/gateways', context)
      await row(page, 'Frankfurt').getByText('reporting').waitFor()
    })
  })
}
