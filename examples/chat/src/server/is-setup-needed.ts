const TIMEOUT_MS = 2000

/** Whether nobody operates the control plane yet; undefined when it does not say. */
export async function isSetupNeeded(
  controlPlaneUrl: string,
  signal: AbortSignal,
): Promise<boolean | undefined> {
  try {
    const response = await fetch(new URL('/api/session', controlPlaneUrl), {
      signal: AbortSignal.any([signal, AbortSignal.timeout(TIMEOUT_MS)]),
    })
    const { setupNeeded } = (await response.json()) as { setupNeeded?: unknown }
    return typeof setupNeeded === 'boolean' ? setupNeeded : undefined
  } catch {
    return undefined
  }
}
