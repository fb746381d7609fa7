import type { ProjectRecord } from '@portcullis/registry/postgres'
import { describe, expect, test } from 'vitest'
import { BY, dialog, heading, named, press, row, SHOP, tokenFor, type World } from '../fixtures/world.ts'

async function shopOf({ plane }: World): Promise<ProjectRecord> {
  const found = await plane.store.projects.find(SHOP)
  if (found === null) throw new Error('there is no shop')
  return found
}

export function changes(world: World): void {
  describe('changes', () => {
    test('who edits what somebody else saved meanwhile sees both, and loses neither', async () => {
      const page = await world.open('/workspaces/acme/projects/shop')
      await named(page).fill('Shop of Ann')
      const before = await shopOf(world)
      const hosts = [...before.hosts, 'new.example.com']
      await world.plane.store.projects.update(
        SHOP,
        { hosts, name: 'Shop of Ben' },
        { ...BY, version: before.version },
      )
      await press(page, 'Save')
      const conflict = dialog(page, 'Somebody else was faster')
      const name = conflict.getByRole('listitem').filter({ hasText: 'both changed it' })
      expect(await name.innerText()).toMatch(
        /It was\s+Shop\s+It is now\s+Shop of Ben\s+You want\s+Shop of Ann/,
      )
      expect(await conflict.innerText()).toContain('new.example.com')
      await press(conflict, 'Save mine on top')
      await page.getByText('Saved', { exact: true }).waitFor()
      expect(await shopOf(world)).toMatchObject({ name: 'Shop of Ann', hosts })
      // What was not edited follows what is there.
      await page.getByRole('button', { name: 'Remove new.example.com' }).waitFor()
    })

    test('or gives up their own, or goes on editing', async () => {
      const page = await world.open('/workspaces/acme/projects/shop/limits')
      await page.getByLabel('Connections').fill('5')
      const before = await shopOf(world)
      await world.plane.store.projects.update(
        SHOP,
        { limits: { maxConnections: 9 } },
        { ...BY, version: before.version },
      )
      await press(page, 'Save')
      await press(dialog(page, 'Somebody else was faster'), 'Keep editing')
      expect(await page.getByLabel('Connections').inputValue()).toBe('5')
      await press(page, 'Save')
      await press(dialog(page, 'Somebody else was faster'), 'Discard mine')
      await expect.poll(() => page.getByLabel('Connections').inputValue()).toBe('9')
      expect((await shopOf(world)).limits).toEqual({ maxConnections: 9 })
    })

    test('a secret is rotated: the new one is shown once, both are good, then the old one goes', async () => {
      const page = await world.open('/workspaces/acme/projects/shop/auth')
      await press(page, 'Rotate')
      await press(page, 'Make a secret')
      const made = dialog(page, 'The new secret')
      const secret = await made.getByLabel('Secret').inputValue()
      // In the middle, although it is part of a card.
      const { y = 0, height = 0 } = (await made.boundingBox()) ?? {}
      expect(y + height / 2).toBeCloseTo((page.viewportSize()?.height ?? 0) / 2, 0)
      await page.keyboard.press('Escape')
      await press(made, 'I have kept it')
      await page
        .getByLabel('Token', { exact: true })
        .fill(await tokenFor({ sub: 'ann', aud: 'shop' }, secret))
      await press(page, 'Test this token')
      await heading(page, 'This token is let in')
      const old = page.getByRole('table', { name: 'Secrets' }).getByRole('row').nth(2)
      await press(old, 'Remove')
      await press(dialog(page, 'Remove this secret?'), 'Remove secret')
      await expect.poll(() => page.getByRole('table', { name: 'Secrets' }).getByRole('row').count()).toBe(2)
      expect(await page.content()).not.toContain(secret)
    })

    test('an API key is made, rotated and revoked; each is shown once', async () => {
      const page = await world.open('/workspaces/acme/access')
      await press(page, 'New key')
      await named(page).fill('Deployment')
      await page.getByLabel('Role', { exact: true }).selectOption('admin')
      await press(page, 'Make the key')
      const shown = dialog(page, 'Deployment').getByLabel('API key')
      const first = await shown.inputValue()
      await press(dialog(page, 'Deployment'), 'I have kept it')
      expect(await world.plane.store.apiKeys.authenticate(first)).toMatchObject({ role: 'admin' })
      await press(row(page, 'Deployment'), 'Rotate')
      await press(dialog(page, 'Rotate Deployment?'), 'Rotate key')
      await expect.poll(() => shown.inputValue()).not.toBe(first)
      const second = await shown.inputValue()
      await press(dialog(page, 'Deployment'), 'I have kept it')
      expect(await world.plane.store.apiKeys.authenticate(first)).toBeNull()
      await press(row(page, 'Deployment'), 'Revoke')
      await press(dialog(page, 'Revoke Deployment?'), 'Revoke key')
      await expect.poll(() => row(page, 'Deployment').count()).toBe(0)
      expect(await world.plane.store.apiKeys.authenticate(second)).toBeNull()
    })

    test('members come, change their role and go', async () => {
      const page = await world.open('/workspaces/acme/access')
      await press(page, 'Add')
      await page.getByLabel('E-mail address').fill('ann@example.com')
      await press(dialog(page, 'Add somebody'), 'Add')
      await page.getByLabel('Role of ann@example.com').selectOption('owner')
      await page.getByText('The role is changed').waitFor()
      const [member] = (await world.plane.store.members.list('acme')).items
      expect(member).toMatchObject({ subject: 'email:ann@example.com', role: 'owner' })
      // The last owner stays one.
      await page.getByLabel('Role of ann@example.com').selectOption('viewer')
      await page.getByText('This is the last owner').waitFor()
      await press(row(page, 'ann@example.com'), 'Remove')
      await press(dialog(page, 'Remove ann@example.com?'), 'Remove')
      await dialog(page, 'Remove ann@example.com?').getByText('This is the last owner').waitFor()
    })

    test('the audit log says who changed what, before and after', async () => {
      const page = await world.open('/workspaces/acme/audit')
      const entry = page.getByRole('listitem').filter({ hasText: 'Project updated' }).first()
      await entry.locator('summary').click()
      expect(await entry.innerText()).toMatch(/limits\.maxConnections/)
    })
  })
}
