import type { OidcConfig } from '../config/oidc-config.ts'
import { verifierConfigOf } from '../config/oidc-config.ts'
import { readOidcEnvironment } from '../config/read-oidc-environment.ts'
import type { SocketRegistry } from '../socket.io/registry.ts'
import type { UserDirectory } from '../users/user-directory.ts'
import { createUserResolver, type UserResolver } from '../users/user-resolver.ts'
import { createVerifier } from '../verifier/create-verifier.ts'
import type { OidcVerifier } from '../verifier/verifier.ts'
import type { IOServerAppHandle } from './app-handle.ts'

/** What the middlewares of one application share: its keys, its verified tokens, its known users. */
export interface AppOidc {
  /** Made at the first token. Beside what a verifier throws, a TypeError when the configuration is no good. */
  readonly verifier: OidcVerifier
  /** Leaves a context as it is while the application has no manager `users`. */
  readonly users: UserResolver
  /** Does nothing while the application has no manager `session`. */
  readonly registry: SocketRegistry
  /** Logs what went wrong, without anything that came from a client. Never throws. */
  readonly report: (error: unknown) => void
}

const apps = new WeakMap<object, AppOidc>()

/** Of one application: its middlewares are made one for each route and namespace. */
export function appOidc(appHandle: IOServerAppHandle): AppOidc {
  let app = apps.get(appHandle)
  if (app === undefined) {
    app = makeAppOidc(appHandle)
    apps.set(appHandle, app)
  }
  return app
}

function makeAppOidc(appHandle: IOServerAppHandle): AppOidc {
  let verifier: OidcVerifier | undefined
  const resolver = createUserResolver({
    findOrCreate: (sub, profile) => {
      const { users } = appHandle as { users?: UserDirectory }
      if (users === undefined) throw new Error('the manager "users" is gone')
      return users.findOrCreate(sub, profile)
    },
  })
  const hasUsers = (): boolean => hasFunction(appHandle['users'], 'findOrCreate')
  return {
    verifier: {
      verify: async (token) => {
        // Managers can be added until the application starts, so nothing is read before it is needed.
        verifier ??= createVerifier(verifierConfigOf(configOf(appHandle)))
        return verifier.verify(token)
      },
    },
    users: {
      resolve: async (context) => (hasUsers() ? resolver.resolve(context) : context),
      recheck: async (context) => (hasUsers() ? resolver.recheck(context) : context),
    },
    registry: {
      registerSocket: (...key) => registryOf(appHandle)?.registerSocket(...key),
      unregisterSocket: (...key) => registryOf(appHandle)?.unregisterSocket?.(...key),
    },
    report: (error) => {
      try {
        appHandle.log(3, `[!] OIDC: ${describe(error)}`)
      } catch {
        // A refusal must not hang on what was thrown: reading it, or writing about it, may throw as well.
      }
    },
  }
}

function configOf(appHandle: IOServerAppHandle): OidcConfig {
  const manager = appHandle['oidcConfig']
  if (hasFunction(manager, 'getConfig')) return (manager as { getConfig(): OidcConfig }).getConfig()
  if (manager !== undefined) throw new TypeError('the manager "oidcConfig" must have a function "getConfig"')
  return readOidcEnvironment(process.env)
}

function registryOf(appHandle: IOServerAppHandle): SocketRegistry | undefined {
  const session = appHandle['session']
  return hasFunction(session, 'registerSocket') ? (session as SocketRegistry) : undefined
}

function hasFunction(value: unknown, name: string): boolean {
  return typeof (value as Record<string, unknown> | null | undefined)?.[name] === 'function'
}

/** With its causes, the nearest first. */
function describe(error: unknown): string {
  const texts: string[] = []
  for (let one = error; one instanceof Error && texts.length < 4; one = one.cause) {
    texts.push(`${one.name}: ${one.message}`)
  }
  return texts.join(' < ') || 'something that is no error was thrown'
}
