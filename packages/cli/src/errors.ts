const kBrand: unique symbol = Symbol.for('@portcullis/cli/error') as never

/** How a command ends. */
export const EXIT_CODES = {
  /** It did what it was asked to, and what it looked at is fine. */
  ok: 0,
  /** It could not, or what it looked at is not fine. */
  failed: 1,
  /** It was called in a way that it does not understand; nothing was done. */
  usage: 2,
} as const

/** Every reason for which a command ends early, and what the process then exits with. */
export const CLI_ERRORS = {
  /** Options that contradict each other, or one that is missing or malformed. */
  ERR_CLI_USAGE: { exitCode: 2 },
  /** A file cannot be read or written, is too large, or does not hold what it should. */
  ERR_CLI_FILE: { exitCode: 1 },
  /** The configuration of this command line cannot be used. */
  ERR_CLI_CONFIG: { exitCode: 1 },
  /** The command needs an API key or a secret, and there is none for this server. */
  ERR_CLI_CREDENTIALS: { exitCode: 1 },
  /** Nobody answered at the URL, or not in time. */
  ERR_CLI_UNREACHABLE: { exitCode: 1 },
  /** What answered is not what this command line knows: no JSON, too large, or of another shape. */
  ERR_CLI_ANSWER: { exitCode: 1 },
  /** The server refused; its own code is printed as well. */
  ERR_CLI_REFUSED: { exitCode: 1 },
  /** A question was not answered with yes, or could not be asked. */
  ERR_CLI_NOT_CONFIRMED: { exitCode: 1 },
  /** Files would be overwritten; nothing was written. */
  ERR_CLI_WOULD_OVERWRITE: { exitCode: 1 },
  /** A token cannot be read, or its signature or claims are not good. */
  ERR_CLI_TOKEN: { exitCode: 1 },
  /** A key file cannot be rotated as it is. */
  ERR_CLI_KEY_FILE: { exitCode: 1 },
  /** Visibility rules or a table of expectations cannot be used. */
  ERR_CLI_RULES: { exitCode: 1 },
  /** The apps are not on this machine, or are not built. */
  ERR_CLI_APPS: { exitCode: 1 },
  /** An app ended by itself, or did not come up in time. */
  ERR_CLI_APP_ENDED: { exitCode: 1 },
} as const

/** One of the keys of {@link CLI_ERRORS}. */
export type CliErrorCode = keyof typeof CLI_ERRORS

/** What a server said when it refused. */
export interface ServerRefusal {
  readonly status: number
  /** Null when the answer had none. */
  readonly code: string | null
}

/** Why a command ended early. The message is one sentence for whoever typed the command, and has no secret in it. */
export class CliError extends Error {
  override readonly name: string = 'CliError'
  readonly code: CliErrorCode
  /** What the process exits with. */
  readonly exitCode: number
  /** Set with `ERR_CLI_REFUSED`. */
  readonly refusal: ServerRefusal | undefined

  constructor(
    code: CliErrorCode,
    message: string,
    options: ErrorOptions & { refusal?: ServerRefusal | undefined } = {},
  ) {
    super(message, options)
    this.code = code
    this.exitCode = CLI_ERRORS[code].exitCode
    this.refusal = options.refusal
    Object.defineProperty(this, kBrand, { value: true })
  }

  /** Recognises a `CliError` by brand, because two installed copies of this package break `instanceof`. */
  static is(value: unknown): value is CliError {
    return typeof value === 'object' && value !== null && kBrand in value
  }
}

/** Input that the command line does not understand. */
export function usageError(message: string): CliError {
  return new CliError('ERR_CLI_USAGE', message)
}
