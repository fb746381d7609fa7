import type { Transport } from '@portcullis/transport'
import type { ContextRule, MethodRule, PeerRule, Visibility } from '@portcullis/visibility'
import type { AuthenticationOptions } from '../authentication/options.ts'
import type { TokenOptions } from '../authentication/tokens.ts'
import type { MetricsOptions } from '../metrics/options.ts'
import type { LimitsOptions } from './limits.ts'
import type { InteropLogger } from './logger.ts'

/** The gateways that see each other. */
export interface ClusterOptions {
  /**
   * Where they meet: a `nats://` or `tls://` URL. An `http:` URL names an io.Bridge, which is not spoken here: the gateway
   * says so in its log and stays alone.
   */
  endpoint?: string | undefined
  /** In place of `endpoint`: a transport of the application, which starts and closes it. */
  transport?: Transport | undefined
  /** Gateways with different names do not see each other on one transport. @defaultValue "default" */
  name?: string | undefined
  /** What becomes of a name or peer that no rule matches. @defaultValue "local" */
  visibility?: Visibility | undefined
  /** How often a node says that it is alive, milliseconds. @defaultValue 1000 */
  heartbeatMs?: number | undefined
  /** Silence after which a node is gone, milliseconds. @defaultValue 3500 */
  deadAfterMs?: number | undefined
}

/** What the factory takes. Every section has defaults that let a gateway start and let nobody in. */
export interface GatewayOptions {
  token?: TokenOptions | undefined
  authentication?: AuthenticationOptions | undefined
  contexts?:
    | {
        /** Forces this lifetime on every context. @defaultValue what the request says */
        lifetime?: 'retained' | 'ref-counted' | 'ownership' | undefined
        visibility?: readonly ContextRule[] | undefined
      }
    | undefined
  methods?: { visibility?: readonly MethodRule[] | undefined } | undefined
  peers?: { visibility?: readonly PeerRule[] | undefined } | undefined
  metrics?: MetricsOptions | undefined
  cluster?: ClusterOptions | undefined
  limits?: LimitsOptions | undefined
  /** Told to every client in its welcome. */
  info?: object | undefined
  /** @defaultValue silent */
  logger?: InteropLogger | undefined
}
