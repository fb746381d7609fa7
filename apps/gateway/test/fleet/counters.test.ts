import { LATENCY_BUCKETS_MS as FLEET_BUCKETS_MS } from '@portcullis/fleet'
import { LATENCY_BUCKETS_MS } from '@portcullis/ws-gateway'
import { expect, test } from 'vitest'

test('what the edge counts falls into the buckets that the control plane reads', () => {
  expect(LATENCY_BUCKETS_MS).toEqual(FLEET_BUCKETS_MS)
})
