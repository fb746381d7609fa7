import type { VisibilityControl } from '@portcullis/visibility'
import type { Cluster } from '../cluster/cluster.ts'
import type { InteropLimits } from '../gateway/limits.ts'
import type { InteropLogger } from '../gateway/logger.ts'
import type { PeerLink } from '../peers/peer-link.ts'
import type { PeerRegistry } from '../peers/registry.ts'
import type { Counters } from './counters.ts'
import type { IdSource } from './ids.ts'

/** What every domain works with. One per gateway. */
export interface Engine {
  readonly nodeId: string
  readonly ids: IdSource
  readonly peers: PeerRegistry
  readonly cluster: Cluster
  readonly link: PeerLink
  readonly visibility: VisibilityControl
  readonly limits: InteropLimits
  readonly counters: Counters
  readonly logger: InteropLogger
}
