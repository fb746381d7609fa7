import { RegistryError } from '../errors.ts'
import type { FoundProject, RegistryStore } from '../store/registry-store.ts'

/**
 * Asks a store. What it fails with is neither a denial nor a grant.
 *
 * @throws RegistryError `ERR_REGISTRY_UNAVAILABLE`, or what the store threw
 */
export async function asking<T>(question: () => Promise<T | null> | undefined): Promise<T | null> {
  try {
    return (await question()) ?? null
  } catch (error) {
    if (RegistryError.is(error)) throw error
    throw new RegistryError('ERR_REGISTRY_UNAVAILABLE', 'the project store is unavailable', { cause: error })
  }
}

/** Whether the project has blocked a user whose token was verified. */
export async function isBlocked(
  store: RegistryStore,
  { workspaceId, projectId, hasBlockedUsers }: FoundProject,
  userId: string,
): Promise<boolean> {
  if (store.isUserBlocked === undefined || hasBlockedUsers === false) return false
  // Only false lets in.
  return (await asking(() => store.isUserBlocked?.(workspaceId, projectId, userId))) !== false
}
