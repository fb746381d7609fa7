import { allowInsecureHttp } from '@portcullis/registry'
import type { FastifyInstance, LightMyRequestResponse } from 'fastify'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { clientOf, signIn } from '../fixtures/client.ts'
import { AUDIENCE, CLIENT, type RunningProvider, startProvider } from '../fixtures/provider.ts'
import type { Share } from '../fixtures/suite.ts'
import { BY, unique } from '../fixtures/world.ts'
import { expectProblem } from './problems.ts'

const PUBLIC_URL = 'http://console.test'
const CALLBACK = `${PUBLIC_URL}/api/session/oidc/callback`
const HTML = { accept: 'text/html,*/*' }

/** Signing in at a real identity provider. */
export function describeOidc(share: Share): void {
  describe('at an identity provider', () => {
    let provider: RunningProvider
    let app: FastifyInstance
    beforeAll(async () => {
      provider = await startProvider(CALLBACK)
      const { issuer } = provider
      const oidc = { issuer, ...CLIENT, audience: AUDIENCE, [allowInsecureHttp]: true }
      app = await share().api.open({ oidc, publicUrl: PUBLIC_URL })
    })
    afterAll(() => provider[Symbol.asyncDispose]())

    test('people sign in, and have the roles of their subject and of their verified address', async () => {
      const { store } = share().api
      const [bySub, byAddress, byAnother] = [`s-${unique()}`, `s-${unique()}`, `s-${unique()}`]
      for (const [workspaceId, subject] of [
        [bySub, 'user:ann'],
        [byAddress, 'email:ann@example.com'],
        [byAnother, 'email:eve@example.com'],
      ] as const) {
        await store.workspaces.create({ workspaceId }, BY)
        await store.members.create({ workspaceId, subject, role: 'admin' }, BY)
      }
      provider.account = { sub: 'ann', name: 'Ann', email: 'Ann@Example.com', email_verified: true }
      const browser = new Browser(app)
      const end = await browser.go('/api/session/oidc/login?returnTo=/projects%3Fpage=2')
      expect([end.statusCode, end.headers['location']]).toEqual([302, '/projects?page=2'])
      const state = await browser.get('/api/session')
      expect(state.json()).toMatchObject({
        signedIn: true,
        methods: { oidc: true },
        me: {
          kind: 'person',
          name: 'Ann',
          operator: null,
          memberships: [{ workspaceId: bySub }, { workspaceId: byAddress }],
        },
      })
      // What was kept for the way to the provider and back is gone.
      expect([...browser.cookies.keys()]).toEqual(['portcullis'])
    })

    test('the session that a browser had before ends when somebody signs in with it', async () => {
      const { operator } = share()
      const before = await signIn(app, operator.viewer)
      const browser = new Browser(app)
      browser.cookies.set('portcullis', before.cookie.replace(/^portcullis=/, ''))
      provider.account = { sub: 'ann', name: 'Ann' }
      await browser.go('/api/session/oidc/login')
      expect((await browser.get('/api/me')).json()).toMatchObject({ kind: 'person', name: 'Ann' })
      expect((await before.client.get('/me')).statusCode).toBe(401)
    })

    test('an address that the provider has not verified is nobody’s', async () => {
      provider.account = { sub: 'eve', email: 'eve@example.com', email_verified: false }
      const browser = new Browser(app)
      await browser.go('/api/session/oidc/login')
      expect((await browser.get('/api/me')).json()).toEqual({
        kind: 'person',
        name: 'eve',
        operator: null,
        memberships: [],
      })
    })

    test.each([
      'https://evil.example',
      '//evil.example',
      '/\\evil.example',
      '/%09/evil.example/..//x',
      'evil',
      '',
    ])('they come back to a page of this server and not to %s', async (returnTo) => {
      provider.account = { sub: 'ann' }
      const query = new URLSearchParams({ returnTo })
      const end = await new Browser(app).go(`/api/session/oidc/login?${query.toString()}`)
      const location = new URL(String(end.headers['location']), PUBLIC_URL)
      expect([location.origin, end.statusCode]).toEqual([PUBLIC_URL, 302])
    })

    test('an answer is good in the browser that asked, once, and for what it asked', async () => {
      const browser = new Browser(app)
      const back = await browser.toCallback('/api/session/oidc/login')
      const url = new URL(back)
      const attempt = async (search: string, cookies = browser.cookies): Promise<string> => {
        const other = new Browser(app)
        for (const [name, value] of cookies) other.cookies.set(name, value)
        return String((await other.get(`${url.pathname}?${search}`)).headers['location'])
      }
      const failed = '/?signInError=ERR_OIDC_LOGIN_FAILED'
      expect(await attempt(url.searchParams.toString(), new Map())).toBe(failed)
      const stranger = new Browser(app)
      await stranger.toCallback('/api/session/oidc/login')
      expect(await attempt(url.searchParams.toString(), stranger.cookies)).toBe(failed)
      for (const change of [{ state: 'x' }, { code: 'x' }, { iss: 'https://evil.example' }]) {
        const parameters = new URLSearchParams({ ...Object.fromEntries(url.searchParams), ...change })
        expect(await attempt(parameters.toString())).toBe(failed)
      }
      expect(await attempt('error=access_denied')).toBe(failed)
      expect(await attempt('')).toBe(failed)
      expect(await attempt(url.searchParams.toString())).toBe('/')
      expect(await attempt(url.searchParams.toString())).toBe(failed)
      const program = await app.inject({ url: `${url.pathname}?code=x&state=x` })
      expectProblem(program, 401, 'ERR_OIDC_LOGIN_FAILED')
    })

    test('a changed cookie of the way there is none', async () => {
      const browser = new Browser(app)
      const back = new URL(await browser.toCallback('/api/session/oidc/login'))
      const [name = '', value = ''] = [...browser.cookies][0] ?? []
      expect(value).not.toContain('{')
      const changed = `${value.slice(0, 20)}${value[20] === 'A' ? 'B' : 'A'}${value.slice(21)}`
      browser.cookies.set(name, changed)
      const refused = await browser.get(`${back.pathname}${back.search}`)
      expect(refused.headers['location']).toBe('/?signInError=ERR_OIDC_LOGIN_FAILED')
      expect(String(refused.headers['set-cookie'])).not.toContain('portcullis=')
    })

    test('programs come with access tokens of the provider', async () => {
      const { store } = share().api
      const workspaceId = `s-${unique()}`
      await store.workspaces.create({ workspaceId }, BY)
      await store.members.create({ workspaceId, subject: 'user:program', role: 'owner' }, BY)
      const token = await provider.accessToken('program')
      expect((await clientOf(app, token).get('/me')).json()).toMatchObject({
        kind: 'person',
        memberships: [{ workspaceId, role: 'owner' }],
      })
      const headers = { 'if-match': '*' }
      await clientOf(app, token).patch(`/workspaces/${workspaceId}`, { name: 'x' }, { headers })
      expect((await store.auditLog.list({ workspaceId, limit: 1 })).items[0]).toMatchObject({
        actor: 'user:program',
      })
      const changed = `${token.slice(0, -10)}${'A'.repeat(10)}`
      expectProblem(await clientOf(app, changed).get('/me'), 401, 'ERR_AUTH_TOKEN_INVALID')
    })

    test('that is away is told apart from somebody who may not', async () => {
      const oidc = { issuer: 'http://127.0.0.1:9', ...CLIENT, [allowInsecureHttp]: true }
      const away = await share().api.open({ oidc, publicUrl: PUBLIC_URL })
      expectProblem(await away.inject('/api/session/oidc/login'), 503, 'ERR_OIDC_UNAVAILABLE')
      const person = await new Browser(away).get('/api/session/oidc/login')
      expect([person.statusCode, person.headers['location']]).toEqual([
        302,
        '/?signInError=ERR_OIDC_UNAVAILABLE',
      ])
    })
  })
}

/** As much of a browser as it takes to sign in: cookies, and following redirects. */
class Browser {
  /** Of the control plane. */
  readonly cookies = new Map<string, string>()
  readonly #providers = new Map<string, string>()
  readonly #app: FastifyInstance

  constructor(app: FastifyInstance) {
    this.#app = app
  }

  async get(url: string): Promise<LightMyRequestResponse> {
    const response = await this.#app.inject({ url, headers: { ...HTML, cookie: header(this.cookies) } })
    for (const { name, value } of response.cookies) {
      if (value === '') this.cookies.delete(name)
      else this.cookies.set(name, value)
    }
    return response
  }

  /** Goes to the provider and back, up to the answer of the control plane. */
  async go(url: string): Promise<LightMyRequestResponse> {
    const back = new URL(await this.toCallback(url))
    return this.get(`${back.pathname}${back.search}`)
  }

  /** Goes to the provider, up to where that sends it. */
  async toCallback(url: string): Promise<string> {
    const begun = await this.get(url)
    let next = new URL(String(begun.headers['location']))
    while (next.origin !== PUBLIC_URL) {
      const response = await fetch(next, { redirect: 'manual', headers: { cookie: header(this.#providers) } })
      for (const line of response.headers.getSetCookie()) {
        const [, name = '', value = ''] = /^([^=]+)=([^;]*)/.exec(line) ?? []
        this.#providers.set(name, value)
      }
      const location = response.headers.get('location')
      if (location === null) throw new Error(`${next.pathname} answered ${response.status}`)
      next = new URL(location, next)
    }
    return next.href
  }
}

function header(cookies: ReadonlyMap<string, string>): string {
  return [...cookies].map(([name, value]) => `${name}=${value}`).join('; ')
}
