import { readEnvFile } from '../file/read-env-file.ts'
import { ask, type Answer, type Question } from '../http/ask.ts'
import { isReadableOnTheWay, serverUrl } from '../http/server-url.ts'
import { pathIn } from '../input/read-file.ts'
import { readWord } from '../input/read-secret.ts'
import { CliError } from '../errors.ts'
import type { EnvironmentVariables, Invocation } from '../invocation.ts'
import type { AdministrationOptions, GatewayOptions } from './options.ts'

/** Where a gateway is when nobody says so. */
export const DEFAULT_GATEWAY_URL = 'http://localhost:4000'

/** A gateway to ask. */
export interface Gateway {
  readonly url: URL
  /** Those of the process, and beneath them those of `--env-file`. */
  readonly env: EnvironmentVariables
  ask(path: string, question?: Omit<Question, 'url'>): Promise<Answer>
}

/** Opens a gateway. Nothing is sent yet. */
export async function openGateway(invocation: Invocation, options: GatewayOptions): Promise<Gateway> {
  const file = options.envFile === undefined ? {} : await readEnvFile(pathIn(invocation.cwd, options.envFile))
  const env = { ...file, ...invocation.env }
  const { PORTCULLIS_GATEWAY_URL: variable = '' } = env
  const url =
    options.gatewayUrl === undefined
      ? serverUrl(variable === '' ? DEFAULT_GATEWAY_URL : variable, 'PORTCULLIS_GATEWAY_URL')
      : serverUrl(options.gatewayUrl, '--gateway-url')
  if (isReadableOnTheWay(url)) {
    invocation.print.warn(`${url.origin} is not https: secrets and tokens can be read on the way`)
  }
  return {
    url,
    env,
    ask: (path, question = {}) =>
      ask(invocation, { timeoutMs: options.timeout, ...question, url: new URL(path, url) }),
  }
}

/**
 * Opens the administration of a gateway, behind its internal secret: that of the file, or of `INTERNAL_SECRET`, of which the
 * first one counts where there are several.
 *
 * @throws CliError `ERR_CLI_CREDENTIALS`
 */
export async function openAdministration(
  invocation: Invocation,
  options: AdministrationOptions,
): Promise<Gateway> {
  const gateway = await openGateway(invocation, options)
  const secret =
    options.internalSecretFile === undefined
      ? gateway.env.INTERNAL_SECRET?.split(',')[0]?.trim()
      : await readWord(invocation, options.internalSecretFile, 'internal secret')
  if (secret === undefined || secret === '') {
    throw new CliError(
      'ERR_CLI_CREDENTIALS',
      'the internal secret of the gateways is needed: set INTERNAL_SECRET, or name an --internal-secret-file',
    )
  }
  return {
    ...gateway,
    ask: (path, question = {}) =>
      gateway.ask(path, { ...question, headers: { ...question.headers, 'x-internal-secret': secret } }),
  }
}
