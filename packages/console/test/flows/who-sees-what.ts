import { describe, expect, test } from 'vitest'
import {
  BY,
  go,
  heading,
  named,
  press,
  row,
  signInWith,
  type Visitor,
  type World,
} from '../fixtures/world.ts'

export function whoSeesWhat(world: World): void {
  describe('who is let see what', () => {
    test('a viewer looks, and finds no button that changes anything', async () => {
      world.plane.gateway.connect({ sessionId: 'gw-1.ann' })
      const viewer: Visitor = { workspaceId: 'acme', role: 'viewer' }
      const page = await world.open('/workspaces/acme/sessions', viewer)
      await row(page, 'ann').waitFor()
      expect(await page.getByRole('button', { name: 'Disconnect' }).count()).toBe(0)
      expect(await page.getByRole('link', { name: 'Gateways' }).count()).toBe(0)
      await page.getByRole('link', { name: 'Projects' }).click()
      await page.getByRole('link', { name: 'Shop of Ann' }).click()
      await page.getByText('Your role lets you look at this.').waitFor()
      expect(await page.getByRole('button', { name: /Save|Delete/ }).count()).toBe(0)
      expect(await named(page).isDisabled()).toBe(true)
    })

    test('what belongs to another tenant is as little there as what does not exist', async () => {
      const page = await world.open('/', { workspaceId: 'globex' })
      await page.getByRole('link', { name: 'globex' }).waitFor()
      for (const path of ['/workspaces/acme', '/workspaces/acme/projects/shop', '/workspaces/nothing']) {
        await go(page, path)
        await heading(page, 'This page does not exist')
        expect(await page.locator('main').innerText()).not.toMatch(/Shop|Acme/)
      }
    })

    test('another session in the same browser takes nothing over from the first', async () => {
      const context = await world.signedIn()
      const page = await world.open('/', context)
      await page.getByRole('link', { name: 'Acme' }).waitFor()
      const { key } = await world.plane.store.apiKeys.create(
        { workspaceId: 'globex', name: 'b', role: 'owner' },
        BY,
      )
      await context.clearCookies()
      await signInWith(key, context, world.plane)
      // As when one comes back to the window.
      await page.evaluate("dispatchEvent(new Event('visibilitychange'))")
      await expect.poll(() => page.locator('body').innerText()).not.toContain('Acme')
      await page.getByRole('link', { name: 'globex' }).waitFor()
      await go(page, '/workspaces/acme')
      await heading(page, 'This page does not exist')
    })

    test('a viewer is not led to making a project', async () => {
      const page = await world.open('/workspaces/globex', { workspaceId: 'globex', role: 'viewer' })
      await page.getByText('Ask an admin or owner of this workspace').waitFor()
      await go(page, '/workspaces/globex/projects')
      await heading(page, 'No project yet')
      expect(await page.getByText('New project').count()).toBe(0)
      await go(page, '/workspaces/globex/new-project')
      await heading(page, 'This page does not exist')
    })

    test('who saves when the session is over is led to the sign-in', async () => {
      const context = await world.signedIn()
      const page = await world.open('/workspaces/acme/settings', context)
      await named(page).fill('Other')
      await context.clearCookies()
      await press(page, 'Save')
      await heading(page, 'Sign in')
    })

    test('a session that ends leads to the sign-in, and nothing of before is left on the page', async () => {
      const context = await world.signedIn()
      const page = await world.open('/workspaces/acme/sessions', context)
      await row(page, 'ann').waitFor()
      await context.clearCookies()
      await heading(page, 'Sign in')
      expect(await page.getByText('gw-1.ann').count()).toBe(0)
    })
  })
}
