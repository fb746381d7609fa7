import { describe, expect, test } from 'vitest'
import { go, heading, named, press, row, SECRET, tokenFor, type World } from '../fixtures/world.ts'

export function setUp(world: World): void {
  describe('from an empty installation to a project whose tokens are good', () => {
    let apiKey: string

    test('the set-up link leaves the address at once, works once, and shows a key once', async () => {
      const context = await world.browser.newContext()
      const token = await world.plane.issueSetupToken()
      const page = await world.open(`/setup#${token}`, context)
      expect(page.url()).toBe(`${world.plane.url}/setup`)
      await page.getByLabel('Your name').fill('Ada')
      await press(page, 'Set up')
      apiKey = await page.getByLabel('API key').inputValue()
      expect(apiKey).toMatch(/^pck_/)
      expect(await page.evaluate('document.cookie')).toBe('')
      await press(page, 'I have kept it')
      await heading(page, 'Make your first workspace')

      const again = await world.open(`/setup#${token}`, context)
      await heading(again, 'Already set up')
    })

    test('the key signs in, where one wanted to go; a wrong one is told to be wrong', async () => {
      const page = await world.open('/operate/gateways', await world.browser.newContext())
      await heading(page, 'Sign in')
      await page.getByLabel('API key').fill(`${apiKey.slice(0, -3)}AAA`)
      await press(page, 'Sign in')
      await page.getByText('This key is not valid').waitFor()
      await page.getByLabel('API key').fill(apiKey)
      await press(page, 'Sign in')
      await heading(page, 'Gateways')
      await row(page, 'Frankfurt').getByText('reporting').waitFor()
      await press(page, 'Sign out')
      await heading(page, 'Sign in')
    })

    test('an identity provider is offered where there is one, and leads back to the page one wanted', async () => {
      const context = await world.browser.newContext()
      await context.route('**/api/session', (route) =>
        route.fulfill({
          json: { signedIn: false, setupNeeded: false, methods: { apiKey: true, oidc: true } },
        }),
      )
      const page = await world.open('/workspaces/acme?x=1', context)
      const link = page.getByRole('link', { name: 'Sign in with your identity provider' })
      expect(await link.getAttribute('href')).toBe(
        '/api/session/oidc/login?returnTo=%2Fworkspaces%2Facme%3Fx%3D1',
      )
    })

    test('who comes back from there without having been let in is told so, whatever the address says', async () => {
      const page = await world.open('/?signInError=ERR_OIDC_LOGIN_FAILED', await world.browser.newContext())
      await page.getByText('Signing in with your identity provider did not work out.').waitFor()
      await go(page, '/?signInError=%3Cimg%20src%3Dx%3E')
      await page.getByText('Signing in did not work out. Try again.').waitFor()
    })

    test('a workspace and a project are made, and a token is tried until it is good', async () => {
      const page = await world.open('/')
      await press(page, 'New workspace')
      await named(page).fill('North Wind')
      expect(await page.getByLabel('Id', { exact: true }).inputValue()).toBe('north-wind')
      await press(page, 'Make it')
      await heading(page, 'Three steps to the first message')
      await page.getByRole('link', { name: 'New project' }).click()
      await named(page).fill('Shop')
      await page.getByLabel('Hosts').fill('https://web.example.com/ws, other.example.com')
      await page.getByLabel('Shared secret').check()
      await page.getByLabel('Secret', { exact: true }).fill(SECRET)
      await page.getByLabel('Audience (optional)').fill('web')
      await press(page, 'Make the project')

      await heading(page, 'Test this token')
      const made = await world.plane.store.projects.find({ workspaceId: 'north-wind', projectId: 'shop' })
      expect(made).toMatchObject({ hosts: ['web.example.com', 'other.example.com'] })
      const token = page.getByLabel('Token', { exact: true })
      await token.fill(await tokenFor({ sub: 'ann', aud: 'elsewhere' }))
      await press(page, 'Test this token')
      await heading(page, 'Refused: audience')
      const failed = page.getByRole('list', { name: 'Failed', exact: true })
      expect(await failed.getByRole('listitem').count()).toBe(1)
      expect(await failed.innerText()).toContain('The token has "elsewhere", and the project wants "web".')
      await token.fill(`Bearer ${await tokenFor({ sub: 'ann', aud: 'web' })}`)
      await page.getByLabel('Host (optional)').fill('web.example.com')
      await press(page, 'Test this token')
      await heading(page, 'This token is let in')
      expect(await page.getByText('Its session belongs to').innerText()).toContain('ann')
    })
  })
}
