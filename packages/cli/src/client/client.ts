import { z } from 'zod'
import { segment } from '../control-plane/control-plane.ts'
import type { Gateway } from '../gateway/gateway.ts'
import { readAnswer } from '../http/refusal.ts'

/** A machine client as the gateway shows it. */
export interface Client {
  readonly clientId: string
  readonly namespaceId: string
  readonly name: string
  readonly capabilities: readonly string[]
  readonly tier: string
  /** Milliseconds since the epoch, as `disabledAt`. */
  readonly createdAt: number
  readonly disabledAt: number | null
}

/** Reads a {@link Client}; what else there is stays with it. */
export const clientSchema: z.ZodType<Client> = z.looseObject({
  clientId: z.string(),
  namespaceId: z.string(),
  name: z.string(),
  capabilities: z.array(z.string()),
  tier: z.string(),
  createdAt: z.number(),
  disabledAt: z.number().nullable(),
})

/** What may change in a client. */
export interface ClientChanges {
  readonly tier?: string | undefined
  readonly capabilities?: readonly string[] | undefined
  readonly disabled?: boolean | undefined
}

/** Path of a client's administration. */
export function clientPath(clientId: string): string {
  return `internal/clients/${segment(clientId)}`
}

/** Changes a client, and says what it is from then on. */
export async function changeClient(
  gateway: Gateway,
  clientId: string,
  changes: ClientChanges,
): Promise<Client> {
  const answer = await gateway.ask(clientPath(clientId), { method: 'PATCH', json: changes })
  return readAnswer(answer, clientSchema, `the client "${clientId}"`)
}

/** A client as names and values. */
export function describeClient(client: Client): (readonly [name: string, value: string])[] {
  return [
    ['client', client.clientId],
    ['name', client.name],
    ['namespace', client.namespaceId],
    ['tier', client.tier],
    ['capabilities', client.capabilities.join(' ') || 'none'],
    ['created', timeOf(client.createdAt)],
    ['state', stateOf(client)],
  ]
}

/** Whether a client may get tokens, and since when not. */
export function stateOf({ disabledAt }: Pick<Client, 'disabledAt'>): string {
  return disabledAt === null ? 'active' : `disabled since ${timeOf(disabledAt)}`
}

/** A time of the gateway's as ISO 8601. */
export function timeOf(ms: number): string {
  const date = new Date(ms)
  return Number.isNaN(date.getTime()) ? String(ms) : date.toISOString()
}
