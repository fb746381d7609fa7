import { describe, expect, test } from 'vitest'
import { BY, dialog, go, HOSTILE, press, row, type World } from '../fixtures/world.ts'

export function hostileNames(world: World): void {
  describe('names from outside', () => {
    test('are text wherever they stand', async () => {
      const name = HOSTILE.replace('\u202E', '')
      await world.plane.store.workspaces.create({ workspaceId: 'hostile', name }, BY)
      const project = {
        workspaceId: 'hostile',
        projectId: 'p',
        hosts: ['h.test'],
        auth: { mode: 'none' },
      } as const
      await world.plane.store.projects.create({ ...project, name }, { actor: name })
      await world.plane.store.apiKeys.create({ workspaceId: 'hostile', name, role: 'viewer' }, BY)
      await world.plane.store.members.create(
        { workspaceId: 'hostile', subject: 'user:x', role: 'owner', name },
        BY,
      )
      world.plane.gateway.connect({
        sessionId: 'gw-1.hostile',
        workspaceId: 'hostile',
        projectId: 'p',
        userId: HOSTILE,
        host: HOSTILE,
        clientAddress: HOSTILE,
      })
      const paths = ['', '/projects', '/projects/p', '/sessions', '/access', '/audit']
      const page = await world.open('/operate/gateways')
      for (const path of [...paths.map((part) => `/workspaces/hostile${part}`), '/', '/operate/audit']) {
        await go(page, path)
        await page.getByText('<img src=x').locator('visible=true').first().waitFor()
        expect(await page.locator('img, main b, main script').count()).toBe(0)
        expect(await page.title()).not.toBe('owned')
      }
      await go(page, '/workspaces/hostile/sessions')
      // What would turn the line around is written out.
      await row(page, '\\u202e').waitFor()
      await press(row(page, '\\u202e'), 'Disconnect')
      await dialog(page, /^Disconnect <img/).waitFor()
    })
  })
}
