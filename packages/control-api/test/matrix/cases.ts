import type { DeadLetterDetail } from '@portcullis/fleet'
import { connect, type OpenedApi, sessionOf } from '../fixtures/open-api.ts'
import { BY, letterOf, type Tenant, unique } from '../fixtures/world.ts'

/** What a case may use to prepare a request that succeeds. */
export interface CaseWorld {
  readonly api: OpenedApi
  readonly letters: Map<string, DeadLetterDetail>
  readonly tenant: Tenant
}

/** A request to one operation. */
export interface CaseRequest {
  params?: Record<string, string>
  query?: Record<string, string>
  body?: unknown
  headers?: Record<string, string>
  /** What it is answered with when the caller may; otherwise the status of a success in the document. */
  status?: number
}

type Case = (world: CaseWorld) => CaseRequest | Promise<CaseRequest>

const MATCH = { 'if-match': '*' }
const workspace: Case = ({ tenant: { workspaceId } }) => ({ params: { workspaceId } })
const project: Case = ({ tenant: { workspaceId, projectId } }) => ({ params: { workspaceId, projectId } })
const nothing: Case = () => ({})

/** A key that is there for this request alone. */
async function ownKey({ api }: CaseWorld, workspaceId: string | null): Promise<string> {
  const { record } = await api.store.apiKeys.create({ workspaceId, name: 'own', role: 'viewer' }, BY)
  return record.keyId
}

async function ownMember({ api }: CaseWorld, workspaceId: string | null): Promise<string> {
  const subject = `user:own-${unique()}`
  const { memberId } = await api.store.members.create({ workspaceId, subject, role: 'viewer' }, BY)
  return memberId
}

async function ownProject({ api, tenant }: CaseWorld): Promise<{ workspaceId: string; projectId: string }> {
  const id = unique()
  const { workspaceId, projectId } = await api.store.projects.create(
    {
      workspaceId: tenant.workspaceId,
      projectId: `own-${id}`,
      hosts: [`own-${id}.example`],
      auth: { mode: 'jwt-secret', secret: [`a${id}`.padEnd(32, 'a'), `b${id}`.padEnd(32, 'b')] },
    },
    BY,
  )
  return { workspaceId, projectId }
}

async function ownSession({ api, tenant: { workspaceId } }: CaseWorld): Promise<string> {
  const sessionId = `own-s-${unique()}`
  await connect(api, sessionOf(sessionId, workspaceId))
  return sessionId
}

function ownLetter({ letters, tenant: { workspaceId } }: CaseWorld): string {
  const id = `own-d-${unique()}`
  letters.set(id, letterOf(id, workspaceId))
  return id
}

/** For each operation of the document a request that succeeds for whoever may. */
export const CASES: Readonly<Record<string, Case>> = {
  getSignInState: nothing,
  signIn: () => ({ body: { apiKey: 'pck_wrong' }, status: 401 }),
  signOut: nothing,
  // Nobody signs in at an identity provider here, and there is an operator.
  beginOidcSignIn: () => ({ status: 404 }),
  completeOidcSignIn: () => ({ status: 404 }),
  setUp: () => ({ body: { token: 'wrong' }, status: 403 }),
  getMe: nothing,
  getDocument: nothing,

  listWorkspaces: nothing,
  createWorkspace: () => ({ body: { workspaceId: `own-${unique()}` } }),
  getWorkspace: workspace,
  updateWorkspace: ({ tenant: { workspaceId } }) => ({
    params: { workspaceId },
    body: { name: `own ${unique()}` },
    headers: MATCH,
  }),
  // It still has projects: whoever may not remove it is not told so.
  deleteWorkspace: ({ tenant: { workspaceId } }) => ({
    params: { workspaceId },
    headers: MATCH,
    status: 409,
  }),

  listMembers: workspace,
  createMember: ({ tenant: { workspaceId } }) => ({
    params: { workspaceId },
    body: { subject: `user:own-${unique()}`, role: 'viewer' },
  }),
  getMember: ({ tenant: { workspaceId, memberId } }) => ({ params: { workspaceId, memberId } }),
  updateMember: async (world) => {
    const { workspaceId } = world.tenant
    const memberId = await ownMember(world, workspaceId)
    return { params: { workspaceId, memberId }, body: { role: 'admin' }, headers: MATCH }
  },
  deleteMember: async (world) => {
    const { workspaceId } = world.tenant
    return { params: { workspaceId, memberId: await ownMember(world, workspaceId) }, headers: MATCH }
  },

  listOperators: nothing,
  createOperator: () => ({ body: { subject: `user:own-${unique()}`, role: 'viewer' } }),
  getOperator: async (world) => ({ params: { memberId: await ownMember(world, null) } }),
  updateOperator: async (world) => ({
    params: { memberId: await ownMember(world, null) },
    body: { role: 'admin' },
    headers: MATCH,
  }),
  deleteOperator: async (world) => ({ params: { memberId: await ownMember(world, null) }, headers: MATCH }),

  listApiKeys: workspace,
  createApiKey: ({ tenant: { workspaceId } }) => ({
    params: { workspaceId },
    body: { name: 'own', role: 'viewer' },
  }),
  getApiKey: ({ tenant: { workspaceId, keyId } }) => ({ params: { workspaceId, keyId } }),
  revokeApiKey: async (world) => {
    const { workspaceId } = world.tenant
    return { params: { workspaceId, keyId: await ownKey(world, workspaceId) } }
  },
  rotateApiKey: async (world) => {
    const { workspaceId } = world.tenant
    return { params: { workspaceId, keyId: await ownKey(world, workspaceId) } }
  },
  listOperatorKeys: nothing,
  createOperatorKey: () => ({ body: { name: 'own', role: 'viewer' } }),
  getOperatorKey: async (world) => ({ params: { keyId: await ownKey(world, null) } }),
  revokeOperatorKey: async (world) => ({ params: { keyId: await ownKey(world, null) } }),
  rotateOperatorKey: async (world) => ({ params: { keyId: await ownKey(world, null) } }),

  listProjects: workspace,
  createProject: ({ tenant: { workspaceId } }) => {
    const id = unique()
    return {
      params: { workspaceId },
      body: { projectId: `own-${id}`, hosts: [`own-${id}.example`], auth: { mode: 'none' } },
    }
  },
  getProject: project,
  updateProject: ({ tenant: { workspaceId, projectId } }) => ({
    params: { workspaceId, projectId },
    body: { name: `own ${unique()}` },
    headers: MATCH,
  }),
  deleteProject: async (world) => ({ params: await ownProject(world), headers: MATCH }),
  createProjectSecret: async (world) => {
    const { api, tenant } = world
    const key = await ownProject(world)
    const record = await api.store.projects.find(key)
    const [secret] = record?.auth.mode === 'jwt-secret' ? record.auth.secrets : []
    const change = { ...BY, version: record?.version ?? '' }
    await api.store.projects.removeSecret(key, secret?.secretId ?? '', change)
    return { params: { ...key, workspaceId: tenant.workspaceId }, body: {} }
  },
  deleteProjectSecret: async (world) => {
    const key = await ownProject(world)
    const record = await world.api.store.projects.find(key)
    const [secret] = record?.auth.mode === 'jwt-secret' ? record.auth.secrets : []
    return { params: { ...key, secretId: secret?.secretId ?? '' } }
  },
  testToken: ({ tenant: { workspaceId, projectId } }) => ({
    params: { workspaceId, projectId },
    body: { token: 'x.y.z' },
  }),
  listBlockedUsers: project,
  blockUser: ({ tenant: { workspaceId, projectId } }) => ({
    params: { workspaceId, projectId },
    body: { userId: `own-${unique()}` },
  }),
  unblockUser: async ({ api, tenant: { workspaceId, projectId } }) => {
    const userId = `own/${unique()} ü`
    await api.store.blockedUsers.add({ workspaceId, projectId, userId }, BY)
    return { params: { workspaceId, projectId, userId } }
  },

  listSessions: workspace,
  getSession: ({ tenant: { workspaceId, sessionId } }) => ({ params: { workspaceId, sessionId } }),
  closeSession: async (world) => ({
    params: { workspaceId: world.tenant.workspaceId, sessionId: await ownSession(world) },
  }),
  listDeadLetters: workspace,
  getDeadLetter: ({ tenant: { workspaceId, deadLetterId } }) => ({
    params: { workspaceId, id: deadLetterId },
  }),
  replayDeadLetter: (world) => ({
    params: { workspaceId: world.tenant.workspaceId, id: ownLetter(world) },
  }),
  dropDeadLetter: (world) => ({ params: { workspaceId: world.tenant.workspaceId, id: ownLetter(world) } }),
  getMetrics: workspace,
  listWorkspaceAuditLog: workspace,

  listAuditLog: nothing,
  listGateways: nothing,
  listInteropPeers: nothing,
  listInteropMethods: nothing,
  listInteropContexts: nothing,
  getVisibilityRules: nothing,
  explainVisibility: () => ({ body: { kind: 'context', name: 'x', identity: {} } }),
}

/** Where a path names something beside its workspace: what the other tenant has of it. */
export function foreignParams(names: readonly string[], other: Tenant): Record<string, string> {
  const known: Record<string, string> = {
    projectId: other.projectId,
    memberId: other.memberId,
    keyId: other.keyId,
    secretId: other.secretId,
    userId: other.userId,
    sessionId: other.sessionId,
    id: other.deadLetterId,
  }
  return Object.fromEntries(names.map((name) => [name, known[name] ?? `no such thing as ${name}`]))
}
