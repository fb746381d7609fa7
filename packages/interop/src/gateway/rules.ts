import type { VisibilityRules } from '@portcullis/visibility'
import type { GatewayOptions } from './options.ts'

/** The visibility rules of the sections, as one set. */
export function rulesOf({ contexts, methods, peers, cluster }: GatewayOptions): VisibilityRules {
  // A section without rules may also say so with null.
  return {
    ...(contexts?.visibility && { contexts: contexts.visibility }),
    ...(methods?.visibility && { methods: methods.visibility }),
    ...(peers?.visibility && { peers: peers.visibility }),
    ...(cluster?.visibility !== undefined && { default: cluster.visibility }),
  }
}
