import { createDraft, tooLarge } from './draft.ts'
import type { Data } from './own-members.ts'
import type { Delta } from './read-delta.ts'

/** What became of the data, and what to tell those that have a copy of the former. */
export interface Applied {
  readonly data: Data
  /** Of the data, as `weigh` has it. */
  readonly weight: number
  /** Set when the delta cannot be left to the receivers, who read it differently: what it comes to instead. */
  readonly forward: { reset: Data } | undefined
}

/**
 * The data after the change, as the client computes it from the same delta: `reset` alone wins, else `commands` alone, else
 * `added`, `updated` and `removed`, in this order. The data given is left as it is, whatever happens.
 *
 * @param maxWeight of the data afterwards
 * @throws InteropError `ERR_INTEROP_LIMITS_EXCEEDED`, `ERR_INTEROP_FAILURE`
 */
export function applyDelta(
  before: Data | null,
  weightBefore: number,
  delta: Delta,
  maxWeight: number,
): Applied {
  const draft = createDraft(before, weightBefore, maxWeight)
  const { reset, commands, added, updated, removed } = delta
  let wholly = false
  if (reset !== undefined) {
    draft.reset(reset)
  } else if (commands !== undefined) {
    for (const command of commands) {
      if (command.path === '') {
        wholly = true
        draft.reset(command.type === 'set' ? (command.value as Data) : {})
      } else if (command.type === 'set') {
        draft.putPath(command.path, command.value)
      } else {
        draft.removePath(command.path)
      }
    }
  } else {
    for (const key of Object.keys(added ?? {})) draft.put(key, added?.[key])
    for (const key of Object.keys(updated ?? {})) draft.merge(key, updated?.[key])
    for (const key of removed ?? []) draft.remove(key)
  }
  if (draft.weight > maxWeight) throw tooLarge()
  const { data, weight } = draft
  return { data, weight, forward: wholly ? { reset: data } : undefined }
}
