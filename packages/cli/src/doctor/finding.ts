import type { EnvironmentVariables, Invocation } from '../invocation.ts'

/** What came of looking at one thing. */
export interface Finding {
  /** What was looked at, such as `nats`; stable, for programs. */
  readonly check: string
  /** `warning`: fine here, or not certain. `failed`: wrong. `skipped`: could not be looked at, or there was no need. */
  readonly status: 'ok' | 'warning' | 'failed' | 'skipped'
  /** One sentence. Never holds a secret. */
  readonly detail: string
  /** What to do about it. */
  readonly hint?: string | undefined
}

/** What is examined. */
export interface Examination {
  readonly invocation: Invocation
  /** The variables of the system, of a file or of the process. Those that are set to nothing are not there. */
  readonly env: EnvironmentVariables
  /** Path of the file that the variables come from. */
  readonly envFile: string | undefined
  /** Whether it is judged as what strangers reach. */
  readonly production: boolean
  readonly controlPlaneUrl: URL
  readonly gatewayUrl: URL
  /** Longest wait for one answer, milliseconds. */
  readonly timeoutMs: number
}

/** One thing to look at. */
export interface Check {
  /** Whether it asks somebody over the network. */
  readonly isOnline: boolean
  look(examination: Examination): Promise<readonly Finding[]> | readonly Finding[]
}

/** What is wrong in production, and a matter of taste on a developer's machine. */
export function badInProduction({ production }: Pick<Examination, 'production'>): 'failed' | 'warning' {
  return production ? 'failed' : 'warning'
}

/** A list between commas, as the apps read it. */
export function listOf(value: string | undefined): readonly string[] {
  return (value ?? '')
    .split(',')
    .map((item) => item.trim())
    .filter((item) => item !== '')
}
