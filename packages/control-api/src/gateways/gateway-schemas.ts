import type { FleetGateway } from '@portcullis/fleet'
import { z } from 'zod'
import { component, note } from '../document/schemas.ts'
import { timeSchema } from '../http/common-schemas.ts'
import { isoTime } from '../http/iso-time.ts'

const gatewaySchema = component(
  'Gateway',
  z.object({
    gatewayId: z.string(),
    name: z.string(),
    version: z.string(),
    since: timeSchema,
    connections: z.number(),
    lastReportAt: timeSchema,
    isComplete: note(z.boolean(), 'Whether all its sessions are known here'),
  }),
  {
    examples: [
      {
        gatewayId: 'gw-1',
        name: 'gateway-7d9f',
        version: '1.0.0',
        since: '2026-01-31T12:00:00.000Z',
        connections: 12,
        lastReportAt: '2026-01-31T12:30:00.000Z',
        isComplete: true,
      },
    ],
  },
)

/** The gateways that report. */
export const gatewayListSchema: z.ZodType<{ items: Gateway[] }> = component(
  'GatewayList',
  z.object({ items: z.array(gatewaySchema) }),
)

/** A gateway as it is shown. */
export interface Gateway {
  gatewayId: string
  name: string
  version: string
  since: string
  connections: number
  lastReportAt: string
  isComplete: boolean
}

/** A gateway as it is shown. */
export function gatewayOf(gateway: FleetGateway): Gateway {
  const { gatewayId, name, version, sinceMs, connections, lastReportAtMs, isComplete } = gateway
  return {
    gatewayId,
    name,
    version,
    since: isoTime(sinceMs),
    connections,
    lastReportAt: isoTime(lastReportAtMs),
    isComplete,
  }
}
