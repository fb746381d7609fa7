import { expect, test } from 'vitest'
import { createGateway } from '../../src/index.ts'
import { withPassword } from '../support/gateway-peer.ts'
import { RawConnection } from '../support/raw-connection.ts'

/** `1e999`: a number of JSON, and of JavaScript, that nobody could be sent. */
const TOO_LARGE = JSON.parse('1e999') as number

test('a number that JSON can say and not carry on is no id and no key', async () => {
  await using gateway = createGateway(withPassword)
  const client = new RawConnection(gateway)
  const peer = await client.login('ann')
  for (const destination of ['agm', 'bus']) client.send({ type: 'join', destination, peer_id: peer })
  client.received.length = 0
  client.send({ domain: 'agm', type: 'register', peer_id: peer, methods: [{ id: TOO_LARGE, name: 'M' }] })
  client.send({ domain: 'agm', type: 'unregister', peer_id: peer, methods: [TOO_LARGE] })
  client.send({ domain: 'agm', type: 'accepted', peer_id: peer, subscription_id: 's', stream_id: TOO_LARGE })
  client.send({ domain: 'bus', type: 'subscribe', peer_id: peer, topic: 't', routing_key: TOO_LARGE })
  client.send({ domain: 'bus', type: 'publish', peer_id: peer, topic: 't', data: 1, routing_key: TOO_LARGE })
  expect(client.received.map(({ reason_uri: uri }) => uri)).toEqual([
    'agm.errors.registration.failure',
    'agm.errors.unregistration.failure',
    'agm.errors.subscription.invalid_subscription',
    'bus.errors.failure',
    'bus.errors.failure',
  ])
})
