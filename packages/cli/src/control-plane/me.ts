import { z } from 'zod'
import type { ControlPlane } from './control-plane.ts'

/** Whoever the credential belongs to. */
export interface Me {
  readonly kind: string
  readonly name?: string | null | undefined
  /** Role in all workspaces; null for who has none. */
  readonly operator?: string | null | undefined
  readonly memberships: readonly { readonly workspaceId: string; readonly role: string }[]
}

const meSchema: z.ZodType<Me> = z.object({
  kind: z.string(),
  name: z.string().nullish(),
  operator: z.string().nullish(),
  memberships: z.array(z.object({ workspaceId: z.string(), role: z.string() })).default([]),
})

/** Asks whose the credential is, and what it may. */
export async function readMe(controlPlane: ControlPlane): Promise<Me> {
  return (await controlPlane.get('the look at the API key', 'me', meSchema)).resource
}
