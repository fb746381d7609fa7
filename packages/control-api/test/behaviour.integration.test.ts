import type { DeadLetterDetail } from '@portcullis/fleet'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { describeAudit } from './behaviour/audit.ts'
import { describeChanges } from './behaviour/changes.ts'
import { describeCreations } from './behaviour/creations.ts'
import { describeDocsPage } from './behaviour/docs-page.ts'
import { describeFleet } from './behaviour/fleet.ts'
import { describeLimits } from './behaviour/limits.ts'
import { describeLists } from './behaviour/lists.ts'
import { describeOidc } from './behaviour/oidc.ts'
import { describeProblems } from './behaviour/problems.ts'
import { describeProjects } from './behaviour/projects.ts'
import { describeRoles } from './behaviour/roles.ts'
import { describeSignIn } from './behaviour/sign-in.ts'
import { clientOf } from './fixtures/client.ts'
import { gatewayAnswers } from './fixtures/gateway-answers.ts'
import { openApi } from './fixtures/open-api.ts'
import type { Shared } from './fixtures/suite.ts'
import { BY } from './fixtures/world.ts'
import { describeTenants } from './matrix/tenants.ts'

let shared: Shared
const share = (): Shared => shared

beforeAll(async () => {
  const letters = new Map<string, DeadLetterDetail>()
  const api = await openApi({ answers: gatewayAnswers(letters) })
  shared = { api, letters, operator: { owner: '', admin: '', viewer: '' } }
})
afterAll(() => shared.api[Symbol.asyncDispose]())

describe('the first operator', () => {
  test('comes in with the token of a set-up link, once, and gets a key and a session', async () => {
    const { api } = shared
    const client = clientOf(api.app)
    expect((await client.get('/session')).json()).toEqual({
      signedIn: false,
      setupNeeded: true,
      methods: { apiKey: true, oidc: false },
    })
    const [one, other] = [await api.store.setup.issue(), await api.store.setup.issue()]
    const foreign = { headers: { origin: 'https://evil.example' } }
    expect((await client.post('/setup', { token: one }, foreign)).json()).toMatchObject({
      code: 'ERR_ORIGIN_FORBIDDEN',
    })
    const answers = await Promise.all(
      [one, other, one].map((token) => client.post('/setup', { token, name: 'Ann' })),
    )
    expect(answers.map(({ statusCode }) => String(statusCode)).toSorted()).toEqual(['201', '403', '403'])
    const made = answers.find(({ statusCode }) => statusCode === 201)
    const { apiKey } = made?.json<{ apiKey: string }>() ?? { apiKey: '' }
    expect((await clientOf(api.app, apiKey).get('/me')).json()).toEqual({
      kind: 'api-key',
      name: 'Ann',
      operator: 'owner',
      memberships: [],
    })
    const [cookie] = made?.cookies ?? []
    const headers = { cookie: `${cookie?.name ?? ''}=${cookie?.value ?? ''}` }
    expect((await client.get('/session', { headers })).json()).toMatchObject({
      signedIn: true,
      setupNeeded: false,
    })
    expect(await api.store.setup.issue()).toBeNull()
    const { items } = await api.store.auditLog.list()
    expect(items[0]).toMatchObject({ actor: 'setup', action: 'api_key.created' })

    const key = async (role: 'admin' | 'viewer'): Promise<string> =>
      (await api.store.apiKeys.create({ workspaceId: null, name: role, role }, BY)).key
    shared = {
      ...shared,
      operator: { owner: apiKey, admin: await key('admin'), viewer: await key('viewer') },
    }
  })
})

describeTenants(share)
describeProblems(share)
describeSignIn(share)
describeRoles(share)
describeChanges(share)
describeCreations(share)
describeLists(share)
describeProjects(share)
describeAudit(share)
describeFleet(share)
describeLimits(share)
describeOidc(share)
describeDocsPage(share)
