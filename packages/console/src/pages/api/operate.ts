import { read, send, type Page } from './request.ts'

export interface Gateway {
  readonly gatewayId: string
  readonly name: string
  readonly version: string
  readonly since: string
  readonly connections: number
  readonly lastReportAt: string
  /** Whether all of its sessions are known. */
  readonly isComplete: boolean
}

/** The rules in force at a gateway: three lists and a default. */
export interface VisibilityRules {
  readonly contexts: readonly VisibilityRule[]
  readonly methods: readonly VisibilityRule[]
  readonly peers: readonly VisibilityRule[]
  readonly default: string
}

export interface VisibilityRule {
  readonly context?: string
  readonly method?: string
  readonly domain?: string
  readonly restrictions: string
  readonly identity?: Readonly<Record<string, string>>
}

export interface ExplainQuestion {
  readonly kind: 'context' | 'method' | 'peer'
  readonly name: string
  readonly identity: Readonly<Record<string, string>>
}

export interface Explanation {
  readonly decision: string
  /** Index in its list; null when the default decides. */
  readonly rule: number | null
  /** All of it in one sentence. */
  readonly text: string
  /** Why the rules before did not match. */
  readonly misses: readonly { readonly path: string; readonly why: string }[]
}

/** A peer, method or context of the interop gateway: what it says of itself, by name. */
export type InteropItem = Readonly<Record<string, unknown>>
export type InteropKind = 'peers' | 'methods' | 'contexts'

export const listGateways = (): Promise<{ items: readonly Gateway[] }> => read('/api/gateways')

export const readRules = (): Promise<VisibilityRules> => read('/api/visibility/rules')

export async function explain(question: ExplainQuestion): Promise<Explanation> {
  return (await send<Explanation>('POST', '/api/visibility/explain', { body: question })).data
}

export const listInterop = (kind: InteropKind, after: string | null): Promise<Page<InteropItem>> =>
  read(`/api/interop/${kind}`, { query: { after } })
