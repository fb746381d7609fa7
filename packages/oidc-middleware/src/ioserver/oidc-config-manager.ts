import type { OidcConfig } from '../config/oidc-config.ts'
import { readOidcEnvironment } from '../config/read-oidc-environment.ts'
import type { IOServerAppHandle } from './app-handle.ts'

/**
 * Manager that reads the configuration from the environment, once, when the application adds it. Its name must be
 * `oidcConfig`:
 *
 * ```ts
 * server.addManager({ name: 'oidcConfig', manager: OidcConfigManager })
 * ```
 *
 * Variables: `AUTH_SERVICE_URL` and `AUTH_SERVICE_APP_SLUG` (required), `AUTH_SERVICE_JWKS_URI`, `AUTH_SERVICE_ISSUER`,
 * `AUTH_SERVICE_AUDIENCE`. When one is missing IOServer logs that, and every guarded route and namespace refuses.
 */
export class OidcConfigManager {
  protected readonly appHandle: IOServerAppHandle
  #read: (() => OidcConfig) | undefined

  constructor(appHandle: IOServerAppHandle) {
    this.appHandle = appHandle
  }

  /**
   * Called by IOServer.
   *
   * @throws TypeError naming the variable that is missing
   */
  async start(): Promise<void> {
    this.#read ??= readOnce()
    this.#read()
  }

  /** @throws TypeError naming the variable that is missing */
  getConfig(): OidcConfig {
    this.#read ??= readOnce()
    return this.#read()
  }
}

/** A mistake is remembered as well: what was read at the start holds. */
function readOnce(): () => OidcConfig {
  try {
    const config = readOidcEnvironment(process.env)
    return () => config
  } catch (error) {
    return () => {
      throw error
    }
  }
}
