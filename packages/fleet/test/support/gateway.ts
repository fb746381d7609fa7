import { LATENCY_BUCKETS_MS, type FleetProjectCounters, type FleetSession } from '../../src/index.ts'

export function session(sessionId: string, over: Partial<FleetSession> = {}): FleetSession {
  return {
    sessionId,
    workspaceId: 'acme',
    projectId: 'shop',
    userId: 'ann',
    host: 'shop.example.com',
    clientAddress: '192.0.2.1',
    connectedAtMs: 1_000_000,
    protocol: 'portcullis.v1',
    expiresAtMs: null,
    received: 0,
    delivered: 0,
    inFlight: 0,
    bufferedBytes: 0,
    ...over,
  }
}

export function counters(over: Partial<FleetProjectCounters> = {}): FleetProjectCounters {
  return {
    workspaceId: 'acme',
    projectId: 'shop',
    connections: 0,
    received: 0,
    delivered: 0,
    refused: 0,
    latency: { count: 0, sumMs: 0, buckets: LATENCY_BUCKETS_MS.map(() => 0).concat(0) },
    ...over,
  }
}

/** What a gateway has open, and has counted. */
export class Gateway {
  readonly open: Map<string, FleetSession> = new Map()
  readonly projects: Map<string, FleetProjectCounters> = new Map()

  add(one: FleetSession): FleetSession {
    this.open.set(one.sessionId, one)
    return one
  }

  count(one: FleetProjectCounters): void {
    this.projects.set(`${one.workspaceId}/${one.projectId}`, one)
  }

  readonly sessions = (): Iterable<FleetSession> => this.open.values()
  readonly counters = (): Iterable<FleetProjectCounters> => this.projects.values()
}
