import type { Role } from '@portcullis/registry/postgres'
import { beforeAll, describe, expect, test } from 'vitest'
import { machineToken, type OpenedApi } from '../fixtures/open-api.ts'
import type { Share } from '../fixtures/suite.ts'
import { BY, FOREIGN, makeTenant, ROLES, type Tenant } from '../fixtures/world.ts'
import { type CaseRequest, CASES, foreignParams } from './cases.ts'
import { type DocumentedOperation, documentedOperations, requestTo } from './operations.ts'

const STRENGTH: Record<Role, number> = { viewer: 1, admin: 2, owner: 3 }

/** Every operation of the document, asked by everybody: members of the own tenant, of another one, operators, and nobody. */
export function describeTenants(share: Share): void {
  describe('who may do what', () => {
    let api: OpenedApi
    let own: Tenant
    let other: Tenant
    let operations: DocumentedOperation[]
    /** What was prepared, as long as nobody has used it up. */
    const prepared = new Map<string, CaseRequest>()
    /** The last change that is known of. */
    let latest: string | undefined

    beforeAll(async () => {
      const { letters } = share()
      api = share().api
      own = await makeTenant(api, letters, 'own')
      other = await makeTenant(api, letters, FOREIGN)
      operations = await documentedOperations(api.app)
    })

    const bearer = (token: string): Record<string, string> => ({ authorization: `Bearer ${token}` })

    /** The last change that the audit log knows. */
    async function lastChange(): Promise<string | undefined> {
      return (await api.store.auditLog.list({ limit: 1 })).items[0]?.entryId
    }

    /** What succeeds for whoever may. A request that was refused has left it as it was: the next one may have it. */
    async function prepare(operationId: string): Promise<CaseRequest> {
      const kept = prepared.get(operationId)
      if (kept !== undefined) return kept
      const made = await CASES[operationId]?.({ api, letters: share().letters, tenant: own })
      if (made === undefined) throw new Error(`${operationId} has no case`)
      prepared.set(operationId, made)
      latest = await lastChange()
      return made
    }

    /** Sends what succeeds for whoever may, and says what was answered, and whether anything was changed. */
    async function send(
      operation: DocumentedOperation,
      credential: Record<string, string>,
      params: Record<string, string> = {},
    ): Promise<{ status: number; body: string; expected: number; isChanged: boolean }> {
      const { operationId, method, statuses, success } = operation
      const made = await prepare(operationId)
      const before = latest
      const response = await api.app.inject(
        requestTo(operation, { ...made, params: { ...made.params, ...params } }, credential),
      )
      expect(statuses).toContain(response.statusCode)
      latest = await lastChange()
      if (method !== 'GET' && response.statusCode < 300) prepared.delete(operationId)
      return {
        status: response.statusCode,
        body: response.body,
        expected: made.status ?? success,
        isChanged: latest !== before,
      }
    }

    /** Runs a check for each operation, so that all that are wrong are told. */
    async function each(
      wanted: (operation: DocumentedOperation) => boolean,
      check: (operation: DocumentedOperation) => Promise<void>,
    ): Promise<void> {
      const chosen = operations.filter(wanted)
      expect(chosen).not.toEqual([])
      for (const operation of chosen) await check(operation)
    }

    const isOfWorkspace = ({ role }: DocumentedOperation): boolean => ROLES.includes(role as Role)
    const isOfOperators = ({ role }: DocumentedOperation): boolean => role.startsWith('operator:')

    test('every operation of the document has a case, and every case an operation', () => {
      expect(operations.map(({ operationId }) => operationId).toSorted()).toEqual(
        Object.keys(CASES).toSorted(),
      )
    })

    test('every operation says who may use it', () => {
      for (const { role, path } of operations) {
        expect(role).toMatch(/^(?:public|signed-in|(?:operator:)?(?:viewer|admin|owner))$/)
        if (path.includes('{workspaceId}')) expect(ROLES).toContain(role)
      }
    })

    describe('without a credential', () => {
      test('everything but what is public is refused, and nothing is changed', () =>
        each(
          ({ role }) => role !== 'public',
          async (operation) => {
            const { status, body, isChanged } = await send(operation, {})
            expect([operation.operationId, status, isChanged]).toEqual([operation.operationId, 401, false])
            expect(JSON.parse(body)).toMatchObject({ code: 'ERR_AUTH_TOKEN_REQUIRED' })
          },
        ))

      test('what is public is answered', () =>
        each(
          ({ role }) => role === 'public',
          async (operation) => {
            const { status, expected, body } = await send(operation, {})
            expect([operation.operationId, status]).toEqual([operation.operationId, expected])
            expect(body).not.toContain(FOREIGN)
          },
        ))
    })

    describe.each(ROLES)('with the role %s in the own workspace', (role) => {
      test('what the role may is done, the rest is refused, and nothing of the other tenant is seen', () =>
        each(isOfWorkspace, async (operation) => {
          const { status, expected, body, isChanged } = await send(operation, bearer(own.keys[role]))
          const may = STRENGTH[role] >= STRENGTH[operation.role as Role]
          expect([operation.operationId, status]).toEqual([operation.operationId, may ? expected : 403])
          if (!may) expect([operation.operationId, isChanged]).toEqual([operation.operationId, false])
          expect(body).not.toContain(FOREIGN)
        }))

      test('nothing that is for operators is done', () =>
        each(isOfOperators, async (operation) => {
          const { status, isChanged } = await send(operation, bearer(own.keys[role]))
          expect([operation.operationId, status, isChanged]).toEqual([operation.operationId, 403, false])
        }))

      test('what is for everybody who is signed in is answered, about the own workspace alone', () =>
        each(
          (operation) => operation.role === 'signed-in',
          async (operation) => {
            const { status, expected, body } = await send(operation, bearer(own.keys[role]))
            expect([operation.operationId, status]).toEqual([operation.operationId, expected])
            expect(body).not.toContain(FOREIGN)
          },
        ))

      test('what the other tenant has is not found under the own workspace', () =>
        each(
          (operation) => isOfWorkspace(operation) && operation.params.length > 1,
          async (operation) => {
            const names = operation.params.filter((name) => name !== 'workspaceId')
            const { status, body, isChanged } = await send(
              operation,
              bearer(own.keys[role]),
              foreignParams(names, other),
            )
            const may = STRENGTH[role] >= STRENGTH[operation.role as Role]
            expect([operation.operationId, status, isChanged]).toEqual([
              operation.operationId,
              may ? 404 : 403,
              false,
            ])
            // What the caller sent is told back as the path alone.
            expect(body.replace(/"instance":"[^"]*"/, '')).not.toContain(FOREIGN)
          },
        ))
    })

    describe.each(ROLES)('with the role %s in another workspace', (role) => {
      test('everything of the own one is not found, and nothing is changed', () =>
        each(isOfWorkspace, async (operation) => {
          const { status, body, isChanged } = await send(operation, bearer(other.keys[role]))
          expect([operation.operationId, status, isChanged]).toEqual([operation.operationId, 404, false])
          // As if it were not there.
          const nowhere = await send(operation, bearer(other.keys[role]), { workspaceId: 'nowhere' })
          const told = (text: string): unknown => ({ ...JSON.parse(text), instance: '' })
          expect(told(nowhere.body)).toEqual(told(body))
        }))
    })

    describe.each(ROLES)('as an operator with the role %s', (role) => {
      test('that role holds in every workspace, and for what is for operators', () =>
        each(
          (operation) => isOfWorkspace(operation) || isOfOperators(operation),
          async (operation) => {
            const { status, expected, isChanged } = await send(operation, bearer(share().operator[role]))
            const needed = operation.role.replace('operator:', '') as Role
            const may = STRENGTH[role] >= STRENGTH[needed]
            expect([operation.operationId, status]).toEqual([operation.operationId, may ? expected : 403])
            if (!may) expect([operation.operationId, isChanged]).toEqual([operation.operationId, false])
          },
        ))

      test('a workspace that is not there is not found', () =>
        each(isOfWorkspace, async (operation) => {
          const { status } = await send(operation, bearer(share().operator[role]), { workspaceId: 'nowhere' })
          expect([operation.operationId, status]).toEqual([operation.operationId, 404])
        }))
    })

    describe('of the other credentials', () => {
      test('a machine token has the roles of its client, and of no other', async () => {
        const { workspaceId } = own
        await api.store.members.create({ workspaceId, subject: 'machine:robot', role: 'viewer' }, BY)
        const [robot, stranger] = [await machineToken('robot'), await machineToken('stranger')]
        await each(isOfWorkspace, async (operation) => {
          const asRobot = await send(operation, bearer(robot))
          const may = operation.role === 'viewer'
          expect([operation.operationId, asRobot.status]).toEqual([
            operation.operationId,
            may ? asRobot.expected : 403,
          ])
          const asStranger = await send(operation, bearer(stranger))
          expect([operation.operationId, asStranger.status]).toEqual([operation.operationId, 404])
        })
      })

      test('a cookie has the role of the key that opened its session', async () => {
        const signIn = await api.app.inject({
          method: 'POST',
          url: '/api/session',
          payload: { apiKey: own.keys.viewer },
        })
        const [cookie] = signIn.cookies
        const headers = { cookie: `${cookie?.name ?? ''}=${cookie?.value ?? ''}` }
        const { csrfToken = '' } = (await api.app.inject({ url: '/api/session', headers })).json<{
          csrfToken?: string
        }>()
        await each(isOfWorkspace, async (operation) => {
          const { status, expected } = await send(operation, { ...headers, 'x-csrf-token': csrfToken })
          const may = operation.role === 'viewer'
          expect([operation.operationId, status]).toEqual([operation.operationId, may ? expected : 403])
        })
      })
    })
  })
}
