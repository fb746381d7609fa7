import { AuthError } from '@portcullis/auth-core'
import { RegistryError } from '../errors.ts'
import { normalizeHost } from '../host/normalize-host.ts'
import { type CheckList, createCheckList } from '../internal/check-list.ts'
import { reportRefused, reportVerified } from '../internal/diagnose-token.ts'
import type { ProjectVerifiers } from '../internal/project-verifiers.ts'
import { readTokenParts } from '../internal/token-parts.ts'
import type { FoundProject, RegistryStore } from '../store/registry-store.ts'
import { asking, isBlocked } from './ask-store.ts'
import type { TokenTest, TokenTestRequest } from './token-test.ts'

/** See `testToken` of the registry. */
export async function examineToken(
  store: RegistryStore,
  verifiers: ProjectVerifiers,
  request: TokenTestRequest,
): Promise<TokenTest> {
  const { findProjectById } = store
  if (typeof findProjectById !== 'function') throw new TypeError('"store" has no "findProjectById"')
  const list = createCheckList()
  const token = request.token ?? null
  const project = await configured(list, () =>
    asking(() => store.findProjectById?.(request.workspaceId, request.projectId)),
  )
  if (project === undefined || project === null) {
    if (project === null) throw new RegistryError('ERR_PROJECT_UNKNOWN', 'there is no such project')
    return { ok: false, checks: list.done(), userId: null, claims: null }
  }
  await checkHost(list, store, request)
  const userId = await checkToken(list, store, verifiers, project, token)
  const ok = !list.hasFailed()
  const claims = project.auth.mode === 'none' || token === null ? null : readTokenParts(token).payload
  return { ok, checks: list.done(), userId: ok ? userId : null, claims }
}

async function checkHost(list: CheckList, store: RegistryStore, request: TokenTestRequest): Promise<void> {
  const { host, workspaceId, projectId } = request
  if (host === undefined) return list.skip('host', 'None was given.')
  let normal: string
  try {
    normal = normalizeHost(host)
  } catch {
    return list.fail('host', 'It is not a host name or an address.')
  }
  const found = await asking(() => store.findProjectByHost(normal)).catch((error: unknown) => {
    if (isMisconfigured(error)) return null
    throw error
  })
  // Whose it is instead is nobody's business.
  if (found?.workspaceId === workspaceId && found.projectId === projectId) {
    list.pass('host', 'It leads to the project.')
  } else list.fail('host', 'It does not lead to the project.')
}

/** Whom the token is of; null when it is of nobody, or of nobody who may enter. */
async function checkToken(
  list: CheckList,
  store: RegistryStore,
  verifiers: ProjectVerifiers,
  project: FoundProject,
  token: string | null,
): Promise<string | null> {
  const { auth } = project
  if (auth.mode === 'none') {
    list.pass('configuration', 'Everybody may enter, and a token is not looked at.')
    return null
  }
  const verify = await configured(list, () => verifiers.verifierOf(project, auth))
  if (verify === undefined) return null
  list.pass('configuration', `It asks for tokens: ${auth.mode}.`)
  if (token === null) {
    list.fail('form', 'There is no token.')
    return null
  }
  try {
    const claims = await verify(token)
    reportVerified(list, project, token, claims)
    if (await isBlocked(store, project, claims.sub)) {
      list.fail('blocked', 'The project has blocked the user.')
      return null
    }
    list.pass('blocked', 'The user is not blocked.')
    return claims.sub
  } catch (error) {
    if (!AuthError.is(error)) throw error
    reportRefused(list, project, token, error)
    return null
  }
}

/** What `run` answers, or undefined when the configuration cannot be used. */
async function configured<T>(list: CheckList, run: () => T | Promise<T>): Promise<T | undefined> {
  try {
    return await run()
  } catch (error) {
    if (!isMisconfigured(error)) throw error
    const { cause } = error
    // A TypeError names an option, and never what it was given.
    const reason = cause instanceof TypeError ? `: ${cause.message}` : ''
    list.fail('configuration', `It cannot be used${reason}.`)
    return undefined
  }
}

function isMisconfigured(error: unknown): error is RegistryError {
  return RegistryError.is(error) && error.code === 'ERR_PROJECT_MISCONFIGURED'
}
