import { z } from 'zod'
import { CliError } from '../errors.ts'
import type { Answer } from './ask.ts'

// Problem details of the control plane (RFC 9457), the JSON errors of the gateway, and those of its OAuth routes.
const refusalSchema = z.object({
  code: z.string().max(200).optional().catch(undefined),
  detail: z.string().optional().catch(undefined),
  title: z.string().optional().catch(undefined),
  message: z.string().optional().catch(undefined),
  error: z.string().optional().catch(undefined),
  error_description: z.string().optional().catch(undefined),
  errors: z
    .array(z.object({ path: z.string().optional().catch(undefined), message: z.string() }))
    .optional()
    .catch(undefined),
})

/** Most places of a refused input that are named. */
const MAX_PLACES = 10
const MAX_MESSAGE = 500

/** The error for an answer that is no success, in one sentence. */
export function refusalOf({ status, body }: Answer, what: string): CliError {
  const parsed = refusalSchema.safeParse(body)
  if (!parsed.success) {
    return new CliError('ERR_CLI_REFUSED', `${what} was refused`, { refusal: { status, code: null } })
  }
  const { code, detail, title, message, error, error_description, errors = [] } = parsed.data
  const isOauth = error_description !== undefined
  const said = error_description ?? detail ?? message ?? title ?? error ?? 'no reason was given'
  const places = errors
    .slice(0, MAX_PLACES)
    .map((one) => (one.path === undefined || one.path === '' ? one.message : `${one.path}: ${one.message}`))
    // The sentence may name them already.
    .filter((place) => !said.includes(place))
  const sentence = [said, ...places].join('; ').slice(0, MAX_MESSAGE)
  return new CliError('ERR_CLI_REFUSED', `${what} was refused: ${sentence}`, {
    refusal: { status, code: code ?? (isOauth ? (error ?? null) : null) },
  })
}

/**
 * The body of an answer in the shape that this command line knows.
 *
 * @throws CliError `ERR_CLI_REFUSED` for an answer that is no success, `ERR_CLI_ANSWER` for another shape
 */
export function readAnswer<Output>(answer: Answer, schema: z.ZodType<Output>, what: string): Output {
  if (answer.status < 200 || answer.status > 299) throw refusalOf(answer, what)
  const parsed = schema.safeParse(answer.body)
  if (parsed.success) return parsed.data
  const place = parsed.error.issues[0]?.path.join('.') ?? ''
  throw new CliError(
    'ERR_CLI_ANSWER',
    `${what}: the answer is not one that this version understands${place === '' ? '' : ` (${place})`}`,
  )
}

/** @throws CliError `ERR_CLI_REFUSED` for an answer that is no success */
export function assertDone(answer: Answer, what: string): void {
  if (answer.status < 200 || answer.status > 299) throw refusalOf(answer, what)
}
