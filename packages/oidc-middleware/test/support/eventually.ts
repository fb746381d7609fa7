import { vi } from 'vitest'

/** Resolves once `check` does not throw any more. Patient: the machine may have other work. */
export async function eventually(check: () => void | Promise<void>): Promise<void> {
  await vi.waitFor(check, { timeout: 20_000 })
}
