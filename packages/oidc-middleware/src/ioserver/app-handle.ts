/**
 * What IOServer hands to its components, as far as it matters here. Managers are found under their names: `oidcConfig`
 * (`getConfig()`), `users` (`findOrCreate`) and `session` (`registerSocket`, `unregisterSocket`); each may be absent.
 */
export interface IOServerAppHandle {
  /** Levels as in syslog. */
  readonly log: (level: number, text: string) => void
  readonly [manager: string]: unknown
}
