import { AuthError, verifyToken } from '@portcullis/auth-core'
import { Command } from 'commander'
import { EXIT_CODES, usageError } from '../errors.ts'
import { several } from '../input/parse.ts'
import { readToken, type TokenSource } from '../input/read-token.ts'
import type { Invocation } from '../invocation.ts'
import { instantInWords } from '../output/time-in-words.ts'
import { decodeToken, type DecodedToken } from './decode.ts'
import { openKeySource, type KeySourceOptions } from './key-source.ts'
import { warningsOf } from './warnings.ts'

interface Options extends TokenSource, KeySourceOptions {
  readonly issuer?: readonly string[]
  readonly audience?: readonly string[]
  readonly json?: boolean
}

/** What came of the verification. */
type Verification =
  | { readonly status: 'not verified' | 'verified' }
  | { readonly status: 'refused'; readonly code: string; readonly reason: string }

const TIMES = ['exp', 'nbf', 'iat', 'auth_time', 'updated_at'] as const

/** `portcullis token inspect [token]` */
export function tokenInspect(invocation: Invocation): Command {
  return new Command('inspect')
    .summary('show what stands in a token, and verify it when keys are given')
    .description(
      'Shows header and claims of a JWT, its times in words, and what is wrong with it. The token is sent nowhere. Ends with 1 when keys are given and it is not good.',
    )
    .argument('[token]', 'the token; - for stdin')
    .option('--token-file <file>', 'file with the token; - for stdin')
    .option('--secret-file <file>', 'verify with the secret in a file; - for stdin')
    .option('--jwks <source>', 'verify with a key set: a file, or a URL')
    .option('--issuer <issuer>', 'accepted iss; may stand several times', several)
    .option('--audience <audience>', 'accepted aud; may stand several times', several)
    .option('--json', 'print JSON, for programs')
    .action(
      invocation.act(async (argument: string | undefined, options: Options) => {
        const { print } = invocation
        const isKeyed = options.secretFile !== undefined || options.jwks !== undefined
        if (!isKeyed && (options.issuer ?? options.audience) !== undefined) {
          throw usageError('--issuer and --audience need --secret-file or --jwks')
        }
        if (options.secretFile === '-' && (argument === '-' || options.tokenFile === '-')) {
          throw usageError('the token and the secret cannot both come from stdin')
        }
        const token = await readToken(invocation, argument, options)
        const decoded = decodeToken(token)
        const verification = await verify(invocation, token, options)
        const nowMs = invocation.now()
        const warnings = warningsOf(decoded, token, nowMs)
        if (options.json === true) print.json({ ...decoded, verification, warnings })
        else show(invocation, decoded, verification, warnings, nowMs)
        return verification.status === 'refused' ? EXIT_CODES.failed : EXIT_CODES.ok
      }),
    )
}

async function verify(
  invocation: Invocation,
  token: string,
  { secretFile, jwks, issuer, audience }: Options,
): Promise<Verification> {
  const source = await openKeySource(invocation, {
    ...(secretFile !== undefined && { secretFile }),
    ...(jwks !== undefined && { jwks }),
  })
  if (source === null) return { status: 'not verified' }
  try {
    await verifyToken(token, { ...source, issuer, audience })
    return { status: 'verified' }
  } catch (error) {
    if (!AuthError.is(error)) throw error
    return { status: 'refused', code: error.code, reason: error.message }
  }
}

function show(
  { print }: Invocation,
  { header, claims }: DecodedToken,
  verification: Verification,
  warnings: readonly string[],
  nowMs: number,
): void {
  print.line('header')
  print.fields(fieldsOf(header))
  print.line('')
  print.line('claims')
  print.fields(fieldsOf(claims))
  const times = TIMES.flatMap((name) => {
    const value = claims[name]
    return typeof value === 'number' ? [[`  ${name}`, instantInWords(value * 1000, nowMs)] as const] : []
  })
  if (times.length > 0) {
    print.line('')
    print.line('times')
    print.fields(times)
  }
  print.line('')
  if (verification.status === 'refused')
    print.line(`signature and claims: refused, ${verification.reason} (${verification.code})`)
  else if (verification.status === 'verified') print.line('signature and claims: good')
  else print.line('not verified: anybody can have written this; give --secret-file or --jwks')
  for (const warning of warnings) print.warn(warning)
}

function fieldsOf(members: Readonly<Record<string, unknown>>): (readonly [string, string])[] {
  return Object.entries(members).map(([name, value]) => [`  ${name}`, JSON.stringify(value)])
}
