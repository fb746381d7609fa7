import { describe, expect, test } from 'vitest'
import { BY, dialog, go, heading, type World } from '../fixtures/world.ts'

export function thePages(world: World): void {
  describe('the pages themselves', () => {
    test('their policy holds: no inline script, no HTML from a text, no inline style', async () => {
      const page = await world.open('/')
      await heading(page, 'Workspaces')
      const outcome = await page.evaluate(`(() => {
    const refused = []
    try { document.body.insertAdjacentHTML('beforeend', '<i>x</i>') } catch (error) { refused.push(error.name) }
    const script = document.createElement('script')
    try { script.text = 'window.ran = true'; document.body.append(script) } catch (error) { refused.push(error.name) }
    const style = document.createElement('style')
    style.textContent = 'body { color: rgb(1, 2, 3) }'
    document.head.append(style)
    return [...refused, String(window.ran), getComputedStyle(document.body).color === 'rgb(1, 2, 3)']
  })()`)
      expect(outcome).toEqual(['TypeError', 'TypeError', 'undefined', false])
      // And is heard when it does not.
      await expect.poll(() => world.browser.takeComplaints().length).toBeGreaterThan(0)
    })

    test('work with a keyboard: skip to the content, and a dialog gives the focus back', async () => {
      const page = await world.open('/')
      await heading(page, 'Workspaces')
      await page.keyboard.press('Tab')
      expect(await page.evaluate('document.activeElement.textContent')).toBe('Skip to content')
      const button = page.getByRole('button', { name: 'New workspace' })
      await button.focus()
      await page.keyboard.press('Enter')
      await dialog(page, 'New workspace').waitFor()
      await page.keyboard.press('Escape')
      await expect.poll(() => page.evaluate('document.activeElement.textContent')).toBe('New workspace')
    })

    test('keep the colours that somebody chose', async () => {
      const page = await world.open('/', {})
      await page.getByRole('button', { name: 'Colours: as the device. Change' }).click()
      await page.getByRole('button', { name: 'Colours: light. Change' }).click()
      await page.reload()
      await page.getByRole('button', { name: 'Colours: dark. Change' }).waitFor()
      expect(await page.evaluate('document.documentElement.dataset.theme')).toBe('dark')
    })

    test('are nowhere wider than the screen, on phones and on tablets', async () => {
      const long = `${'long'.repeat(15)}@example.com`
      world.plane.gateway.connect({ sessionId: 'gw-1.ann', userId: long })
      await world.plane.store.members.create(
        { workspaceId: 'acme', subject: `email:${long}`, role: 'viewer' },
        BY,
      )
      const page = await world.open('/')
      const parts = [
        '',
        '/projects',
        '/new-project',
        '/projects/shop',
        '/projects/shop/auth',
        '/projects/shop/limits',
      ]
      const more = ['/projects/shop/blocked', '/sessions', '/dead-letters', '/access', '/audit', '/settings']
      const paths = [
        '/',
        ...[...parts, ...more].map((part) => `/workspaces/acme${part}`),
        ...['gateways', 'visibility', 'interop', 'access', 'audit'].map((part) => `/operate/${part}`),
      ]
      for (const path of paths) {
        await go(page, path)
        await page.locator('h1').waitFor()
        await expect.poll(() => page.locator('.skeleton').count()).toBe(0)
        for (const width of [360, 390, 820, 1024]) {
          await page.setViewportSize({ width, height: 800 })
          const excess = await page.evaluate('document.documentElement.scrollWidth - innerWidth')
          expect.soft(excess, `${path} at ${width} px`).toBeLessThanOrEqual(0)
        }
      }
    })

    test('on a phone the navigation is behind a button', async () => {
      const page = await world.open('/workspaces/acme')
      await page.setViewportSize({ width: 390, height: 800 })
      const link = page.getByRole('link', { name: 'Live sessions', exact: true })
      await page.getByRole('button', { name: 'Open the menu' }).click()
      await link.click()
      await heading(page, 'Live sessions')
      expect(await link.isVisible()).toBe(false)
    })
  })
}
