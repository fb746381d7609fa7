import { type AuthService, machineAuthorizer } from '@portcullis/gateway-auth'
import {
  type Authorizer,
  controlPlaneAuthorizer,
  type ControlPlaneAuthorizerStats,
  createOwnWorkspaces,
  type Gateway,
  type Grant,
  type ProjectChange,
  type UpgradeRequest,
} from '@portcullis/ws-gateway'
import type { Environment } from '../environment/environment.ts'

/** Who decides about upgrades, with its life. */
export interface EdgeAuthorizer {
  readonly authorize: Authorizer
  /** Heeds a change of the registry, and ends the sessions it concerns. */
  apply(change: ProjectChange): void
  /** Changes may have been missed: heeds all there may have been. */
  applyAll(): void
  stats(): ControlPlaneAuthorizerStats
  close(): Promise<void>
}

/**
 * Machine clients are let in here and placed by the control plane: in the project of the mode `machine` at their host, or else in
 * a workspace of their own. About everybody else the control plane decides.
 *
 * @param gateway - asked for its sessions, later: it is made with this authorizer
 */
export function createAuthorizer(
  env: Pick<Environment, 'AUTH_PROJECT' | 'CONTROL_PLANE_URL' | 'internalToken' | 'isControlPlaneChosen'>,
  auth: AuthService,
  gateway: () => Pick<Gateway, 'closeRevoked' | 'sessions'>,
): EdgeAuthorizer {
  const controlPlane = { url: env.CONTROL_PLANE_URL, internalToken: env.internalToken }
  const everybody = controlPlaneAuthorizer(controlPlane)
  const machines = controlPlaneAuthorizer({ ...controlPlane, mode: 'machine' })
  const own = createOwnWorkspaces({
    askProject: machines.authorize,
    *hosts() {
      for (const { projectId, host } of gateway().sessions()) if (projectId === env.AUTH_PROJECT) yield host
    },
    onWithdrawn: () => void gateway().closeRevoked(),
    mayBeAlone: !env.isControlPlaneChosen,
  })
  const decide = machineAuthorizer<UpgradeRequest, { elsewhere: Grant }>({
    auth,
    projectId: env.AUTH_PROJECT,
    fallback: async (request) => ({ elsewhere: await everybody.authorize(request) }),
  })
  return {
    async authorize(request) {
      const decided = await decide(request)
      return 'elsewhere' in decided ? decided.elsewhere : own.grantFor(request, decided)
    },
    apply(change) {
      everybody.apply(change)
      machines.apply(change)
      gateway().closeRevoked()
      // A user or a limit makes no project that was not there.
      if (change.kind !== 'user' && change.kind !== 'limits') own.lookAgain()
    },
    applyAll() {
      everybody.applyAll()
      machines.applyAll()
      gateway().closeRevoked()
      own.lookAgain()
    },
    stats() {
      const [one, other] = [everybody.stats(), machines.stats()]
      return {
        asked: one.asked + other.asked,
        cacheHits: one.cacheHits + other.cacheHits,
        pending: one.pending + other.pending,
        cachedGrants: one.cachedGrants + other.cachedGrants,
        cachedRefusals: one.cachedRefusals + other.cachedRefusals,
        // They ask the same control plane.
        circuit: one.circuit === 'closed' ? other.circuit : one.circuit,
      }
    },
    async close() {
      own.close()
      await Promise.all([everybody.close(), machines.close()])
    },
  }
}
