import { hkdfSync } from 'node:crypto'
import type { AuthService } from '@portcullis/gateway-auth'
import { createGateway, type InteropGateway } from '@portcullis/interop'
import type { Transport } from '@portcullis/transport'
import type { FastifyBaseLogger } from 'fastify'
import type { Environment } from '../environment/environment.ts'
import { interopAuthentication } from './authentication.ts'
import { readRules, watchRules } from './rules-file.ts'

/** The interop gateway, with its life. */
export interface Interop {
  readonly gateway: InteropGateway
  close(): Promise<void>
}

/** Makes the interop gateway, or nothing where it is off. It is not started. */
export function createInterop(
  env: Environment,
  transport: Transport,
  auth: AuthService,
  logger: FastifyBaseLogger,
): Interop | undefined {
  if (env.INTEROP_AUTH.includes('off')) return undefined
  const { GATEWAY_JWT_SECRET: secret } = env
  const source = { path: env.INTEROP_RULES_FILE, default: env.INTEROP_DEFAULT_VISIBILITY }
  const rules = readRules(source)
  const gateway = createGateway({
    // One secret on every node: a client comes back to another one with its token.
    ...(secret !== undefined && { token: { secret: derived(secret) } }),
    authentication: interopAuthentication(env, auth),
    contexts: { visibility: rules.contexts },
    methods: { visibility: rules.methods },
    peers: { visibility: rules.peers },
    cluster: {
      visibility: rules.default,
      // The engine in this process has nobody else on it.
      ...(transport.engine === 'nats' && { transport, name: env.INTEROP_CLUSTER }),
    },
    logger,
  })
  const stopRevocations = auth.onRevocation(() => gateway.closeRevoked())
  const stopWatching = watchRules(source, gateway, logger)
  return {
    gateway,
    async close() {
      stopWatching()
      stopRevocations()
      await gateway.close()
    },
  }
}

/** A key for this purpose alone (RFC 5869). */
function derived(secret: string): Uint8Array {
  return new Uint8Array(hkdfSync('sha256', secret, '', 'portcullis interop tokens', 32))
}
