import type { Command } from 'commander'
import { z } from 'zod'
import { openControlPlane, type ControlPlane } from '../control-plane/control-plane.ts'
import { workspaceOptions, type WorkspaceOptions } from '../control-plane/options.ts'
import { openWorkspace } from '../control-plane/workspace.ts'
import { usageError } from '../errors.ts'
import type { Invocation } from '../invocation.ts'

/** An API key as the API shows it: everything but the key. */
export interface ApiKey {
  readonly keyId: string
  readonly name?: string | null | undefined
  readonly role: string
  readonly expiresAt?: string | null | undefined
  readonly lastUsedAt?: string | null | undefined
}

/** An API key with the key itself, which is answered once. */
export interface NewApiKey extends ApiKey {
  readonly key: string
}

const members = {
  keyId: z.string(),
  name: z.string().nullish(),
  role: z.string(),
  expiresAt: z.string().nullish(),
  lastUsedAt: z.string().nullish(),
}

/** Reads an {@link ApiKey}; what else there is stays with it. */
export const apiKeySchema: z.ZodType<ApiKey> = z.looseObject(members)

/** Reads a {@link NewApiKey}; what else there is stays with it. */
export const newApiKeySchema: z.ZodType<NewApiKey> = z.looseObject({ ...members, key: z.string().min(1) })

/** Options of commands about API keys. */
export interface KeyOptions extends WorkspaceOptions {
  readonly operator?: boolean
}

/** Adds what {@link KeyOptions} has. */
export function keyOptions(command: Command): Command {
  return workspaceOptions(command).option('--operator', 'keys of operators, who see all workspaces')
}

/** Where the keys are that a command is about. */
export async function openKeys(
  invocation: Invocation,
  options: KeyOptions,
): Promise<{ controlPlane: ControlPlane; path: string }> {
  if (options.operator === true) {
    if (options.workspace !== undefined) throw usageError('--operator and --workspace do not go together')
    return { controlPlane: await openControlPlane(invocation, options), path: 'operator-keys' }
  }
  const { controlPlane, path } = await openWorkspace(invocation, options)
  return { controlPlane, path: `${path}/api-keys` }
}

/** An API key as names and values. */
export function describeApiKey(key: ApiKey): (readonly [name: string, value: string])[] {
  return [
    ['key id', key.keyId],
    ['name', key.name ?? ''],
    ['role', key.role],
    ['expires', key.expiresAt ?? 'never'],
  ]
}
