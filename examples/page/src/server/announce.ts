import { createStyle, type Style } from './style.ts'
import { waitUntilReady } from './wait-until-ready.ts'

/** What is printed, and when. */
export interface Announcement {
  /** URLs of the services that must be ready first. */
  services: readonly string[]
  banner: (style: Style) => string | Promise<string>
  /** Aborted when nobody is to be told any more. */
  signal: AbortSignal
  /** Of the terminal: `NO_COLOR` and `FORCE_COLOR` decide about colours. */
  env: NodeJS.ProcessEnv
}

/** Prints what runs where, once it does. Never rejects. */
export async function announce({ services, banner, signal, env }: Announcement): Promise<void> {
  const colours = env['NO_COLOR'] === undefined && (process.stdout.isTTY || 'FORCE_COLOR' in env)
  try {
    await Promise.all(services.map((url) => waitUntilReady(url, signal)))
    process.stdout.write(await banner(createStyle(colours)))
  } catch {
    // Stopped before it came up.
  }
}
