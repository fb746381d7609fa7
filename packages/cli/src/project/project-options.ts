import { InvalidArgumentError, Option, type Command } from 'commander'
import { usageError } from '../errors.ts'
import { several, wholeNumber } from '../input/parse.ts'
import { asList, type Project } from './project.ts'

const MODES = ['none', 'jwt-secret', 'jwt-jwks', 'machine'] as const

/** Options of commands that make or change a project. */
export interface ProjectOptions {
  readonly name?: string
  readonly host?: readonly string[]
  readonly auth?: (typeof MODES)[number]
  readonly secretFile?: string
  readonly jwksUrl?: string
  readonly discovery?: boolean
  readonly issuer?: readonly string[]
  readonly audience?: readonly string[]
  readonly algorithm?: readonly string[]
  readonly namespace?: readonly string[]
  /** 0 lifts it, as the two below. */
  readonly maxConnections?: number
  readonly messagesPerSecond?: number
  readonly maxPayloadBytes?: number
}

/** Adds what {@link ProjectOptions} has. */
export function projectOptions(command: Command): Command {
  return command
    .option('--name <text>', 'what people call it')
    .option('--host <host>', 'host that clients reach it under; may stand several times', several)
    .addOption(new Option('--auth <mode>', 'how clients prove who they are').choices(MODES))
    .option('--secret-file <file>', 'jwt-secret: file with the secret; - for stdin')
    .option('--jwks-url <url>', 'jwt-jwks: where the keys are')
    .option('--discovery', 'jwt-jwks: find the keys through the metadata of the issuer')
    .option('--issuer <issuer>', 'accepted iss; may stand several times', several)
    .option('--audience <audience>', 'accepted aud; may stand several times', several)
    .option('--algorithm <name>', 'accepted algorithm; may stand several times', several)
    .option('--namespace <id>', 'machine: namespace that may enter; may stand several times', several)
    .option('--max-connections <count>', 'open connections of the project, or none', limit)
    .option('--messages-per-second <count>', 'frames of one connection, or none', limit)
    .option('--max-payload-bytes <count>', 'largest frame of a client, or none', limit)
}

/** What lifts a limit. Null would not do: the parser of the command line takes it for no value at all. */
const NO_LIMIT = 0

/** `none` lifts a limit. */
function limit(text: string): number {
  if (text === 'none') return NO_LIMIT
  try {
    return wholeNumber(1, 1_000_000_000)(text)
  } catch {
    throw new InvalidArgumentError('It must be a whole number of at least 1, or none.')
  }
}

/** Which options belong to which mode. */
const MEMBERS = {
  none: [],
  'jwt-secret': ['secretFile', 'issuer', 'audience', 'algorithm'],
  'jwt-jwks': ['jwksUrl', 'discovery', 'issuer', 'audience', 'algorithm'],
  machine: ['namespace'],
} as const

const AUTH_OPTIONS = [
  'secretFile',
  'jwksUrl',
  'discovery',
  'issuer',
  'audience',
  'algorithm',
  'namespace',
] as const

/**
 * `auth` as the API takes it, or undefined when no option is about it. Of a project that keeps its mode, what no option names
 * stays.
 *
 * @param current - of a project that is changed
 * @throws CliError `ERR_CLI_USAGE` for an option that has no meaning in the mode
 */
export function authOf(
  options: ProjectOptions,
  secret: string | undefined,
  current?: Project['auth'],
): Record<string, unknown> | undefined {
  const given = AUTH_OPTIONS.filter((name) => options[name] !== undefined)
  if (options.auth === undefined && given.length === 0) return undefined
  const mode = options.auth ?? modeOf(current)
  const stray = given.find((name) => !(MEMBERS[mode] as readonly string[]).includes(name))
  if (stray !== undefined) throw usageError(`${flagOf(stray)} has no meaning with --auth ${mode}`)
  if (options.jwksUrl !== undefined && options.discovery === true) {
    throw usageError('--jwks-url and --discovery do not go together')
  }
  const kept = current?.mode === mode ? keptMembers(current, options) : {}
  return {
    ...kept,
    mode,
    ...(secret !== undefined && { secret }),
    ...(options.jwksUrl !== undefined && { jwksUrl: options.jwksUrl }),
    ...(options.discovery === true && { discovery: true }),
    ...(options.issuer !== undefined && { issuer: oneOrList(options.issuer) }),
    ...(options.audience !== undefined && { audience: oneOrList(options.audience) }),
    ...(options.algorithm !== undefined && { algorithms: options.algorithm }),
    ...(options.namespace !== undefined && { namespaces: options.namespace }),
  }
}

/** `limits` as the API takes them, or undefined when no option is about them. */
export function limitsOf(
  { maxConnections, messagesPerSecond, maxPayloadBytes }: ProjectOptions,
  current: Project['limits'] = {},
): Record<string, number> | undefined {
  const given = Object.entries({ maxConnections, messagesPerSecond, maxPayloadBytes }).filter(
    ([, value]) => value !== undefined,
  )
  if (given.length === 0) return undefined
  const limits = { ...current, ...Object.fromEntries(given) } as Record<string, number>
  return Object.fromEntries(Object.entries(limits).filter(([, value]) => value !== NO_LIMIT))
}

/** Secrets are not to be read, and stay when they are not sent. */
function keptMembers(
  { jwksUrl, discovery, issuer, audience, algorithms, namespaces }: Project['auth'],
  options: ProjectOptions,
): Record<string, unknown> {
  const keepsSource = options.jwksUrl === undefined && options.discovery === undefined
  const members = {
    ...(keepsSource && { jwksUrl, discovery }),
    issuer: issuer && oneOrList(asList(issuer)),
    audience: audience && oneOrList(asList(audience)),
    algorithms,
    namespaces,
  }
  return Object.fromEntries(Object.entries(members).filter(([, value]) => value !== undefined))
}

function modeOf(current: Project['auth'] | undefined): (typeof MODES)[number] {
  const mode = MODES.find((one) => one === current?.mode)
  if (mode === undefined) throw usageError('--auth is needed: none, jwt-secret, jwt-jwks or machine')
  return mode
}

function oneOrList(list: readonly string[]): string | readonly string[] {
  const [only] = list
  return only !== undefined && list.length === 1 ? only : list
}

function flagOf(name: string): string {
  return `--${name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)}`
}
