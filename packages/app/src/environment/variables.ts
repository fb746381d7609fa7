import { z } from 'zod'

/** Where the process runs. Closed, so that a typo cannot turn production into development. */
export const nodeEnv: z.ZodType<NodeEnv, NodeEnv> = z.enum(
  ['development', 'test', 'production'],
  'must be development, test or production',
)

/** A value of {@link nodeEnv}. */
export type NodeEnv = 'development' | 'test' | 'production'

/** The address to listen on when none is configured: only production listens to strangers without being asked to. */
export function defaultHost(production: boolean): string {
  return production ? '0.0.0.0' : '127.0.0.1'
}

/** A TCP port, 0 to 65535; 0 lets the system choose. */
export const port: z.ZodType<number, string> = z
  .string()
  .regex(/^\d{1,5}$/, 'must be a port between 0 and 65535')
  .transform(Number)
  .refine((value) => value <= 65_535, 'must be a port between 0 and 65535')

const FLAGS: Readonly<Record<string, boolean>> = {
  '1': true,
  true: true,
  yes: true,
  on: true,
  '0': false,
  false: false,
  no: false,
  off: false,
}

/** A switch: `1 true yes on` or `0 false no off`, in any letter case. */
export const booleanFlag: z.ZodType<boolean, string> = z
  .string()
  .refine(
    (value) => Object.hasOwn(FLAGS, value.toLowerCase()),
    'must be 1, true, yes, on, 0, false, no or off',
  )
  .transform((value) => FLAGS[value.toLowerCase()] === true)

/** An absolute `http:` or `https:` URL without credentials, kept as it is written. */
export const httpUrl: z.ZodType<string, string> = z
  .string()
  .refine(isHttpUrl, 'must be an http: or https: URL without credentials')

/** Levels of a pino logger, least verbose last. */
export const LOG_LEVELS = ['trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent'] as const

/** One of {@link LOG_LEVELS}. */
export type LogLevel = (typeof LOG_LEVELS)[number]

/** The level below which nothing is logged. */
export const logLevel: z.ZodType<LogLevel, LogLevel> = z.enum(
  LOG_LEVELS,
  `must be one of ${LOG_LEVELS.join(', ')}`,
)

/** Items between commas. White space around an item does not count, and neither do empty items. */
export const commaList: z.ZodType<string[], string> = z.string().transform((value) =>
  value
    .split(',')
    .map((item) => item.trim())
    .filter((item) => item !== ''),
)

function isHttpUrl(value: string): boolean {
  if (!URL.canParse(value)) return false
  const { protocol, username, password } = new URL(value)
  return (protocol === 'http:' || protocol === 'https:') && username === '' && password === ''
}
