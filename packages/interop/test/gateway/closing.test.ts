import { createVisibility } from '@portcullis/visibility'
import { expect, test } from 'vitest'
import { standAlone } from '../../src/cluster/stand-alone.ts'
import { createEngine } from '../../src/engine/create-engine.ts'
import type { Domain } from '../../src/engine/domain.ts'
import { createGateway, DEFAULT_LIMITS } from '../../src/index.ts'
import { silentLogger } from '../../src/gateway/logger.ts'
import { createGatewayTokens } from '../../src/authentication/tokens.ts'
import type { DomainName } from '../../src/protocol/message.ts'
import { withPassword } from '../support/gateway-peer.ts'
import { RawConnection } from '../support/raw-connection.ts'

test('an engine that closes waits for its domains, and listens to the rules no more', async () => {
  const visibility = createVisibility({})
  let listeners = 0
  const closed: string[] = []
  const domain = (name: DomainName): Domain => ({
    name,
    version: 1,
    handle: () => undefined,
    close: async () => {
      await Promise.resolve()
      closed.push(name)
    },
  })
  const engine = createEngine({
    cluster: standAlone('n'),
    visibility: {
      ...visibility,
      onReload(listener) {
        listeners += 1
        const stop = visibility.onReload(listener)
        return () => {
          listeners -= 1
          stop()
        }
      },
    },
    limits: DEFAULT_LIMITS,
    logger: silentLogger,
    tokens: createGatewayTokens(),
    authenticate: async () => ({ type: 'success', enforceExpiry: true }),
    trustClientIdentity: [],
    info: undefined,
    domains: () => ({
      agm: domain('agm'),
      bus: domain('bus'),
      context: domain('context'),
      metrics: domain('metrics'),
    }),
  })
  expect(listeners).toBe(1)
  await engine.close()
  expect(listeners).toBe(0)
  expect(closed).toEqual(['agm', 'bus', 'context', 'metrics'])
})

test('a gateway takes connections until it is closed', async () => {
  const gateway = createGateway(withPassword)
  expect(gateway.accepting).toBe(true)
  const client = new RawConnection(gateway)
  await client.login('ann')
  const closed = gateway.close()
  expect(gateway.accepting).toBe(false)
  await closed
  expect(client.ended).toEqual([1001, 'the gateway is closing'])
  expect(() => new RawConnection(gateway)).toThrow(new TypeError('the gateway is closed'))
  await expect(gateway.start()).rejects.toThrow('the gateway is closed')
})
