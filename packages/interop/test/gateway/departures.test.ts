import { createVisibility } from '@portcullis/visibility'
import { expect, test } from 'vitest'
import { createAgmDomain } from '../../src/agm/agm-domain.ts'
import { createGatewayTokens } from '../../src/authentication/tokens.ts'
import type { Cluster } from '../../src/cluster/cluster.ts'
import { createEngine } from '../../src/engine/create-engine.ts'
import type { Domain } from '../../src/engine/domain.ts'
import { silentLogger } from '../../src/gateway/logger.ts'
import { DEFAULT_LIMITS, type InteropGateway } from '../../src/index.ts'
import type { DomainName } from '../../src/protocol/message.ts'
import { memoryCluster } from '../support/memory-cluster.ts'
import { RawConnection } from '../support/raw-connection.ts'

function engineOn(cluster: Cluster) {
  const idle = (name: DomainName): Domain => ({ name, version: 1, handle: () => undefined })
  return createEngine({
    cluster,
    visibility: createVisibility({ default: 'cluster' }),
    limits: DEFAULT_LIMITS,
    logger: silentLogger,
    tokens: createGatewayTokens(),
    authenticate: async () => ({ type: 'success', user: 'ann', enforceExpiry: true }),
    trustClientIdentity: [],
    info: undefined,
    domains: (engine) => ({
      agm: createAgmDomain(engine),
      bus: idle('bus'),
      context: idle('context'),
      metrics: idle('metrics'),
    }),
  })
}

test.each(['leaves', 'is lost', 'is ended'])('other nodes are told when a peer %s', async (how) => {
  const cluster = memoryCluster()
  const [here, there] = [cluster.node('n1'), cluster.node('n2')]
  const engines = [engineOn(here), engineOn(there)] as const
  await here.start()
  await there.start()
  cluster.settle()
  const [leaver, witness] = engines.map(
    (engine) => new RawConnection(engine as unknown as InteropGateway),
  ) as [RawConnection, RawConnection]
  const peer = await leaver.login('ann')
  leaver.send({ type: 'join', destination: 'agm', peer_id: peer })
  witness.send({ type: 'join', destination: 'agm', peer_id: await witness.login('ann') })
  cluster.settle()
  expect(witness.take('peer-added')).toMatchObject([{ new_peer_id: peer, meta: { local: false } }])

  if (how === 'leaves') leaver.send({ type: 'leave', destination: 'agm', peer_id: peer, reason: 'bye' })
  else leaver.close()
  cluster.settle()
  expect(witness.take('peer-removed')).toMatchObject([
    { removed_id: peer, reason: how === 'leaves' ? 'bye' : 'Peer has been removed' },
  ])
  expect([...engines[1].peers()]).toHaveLength(1)
})
