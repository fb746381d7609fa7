import { z } from 'zod'
import { CliError, usageError } from '../errors.ts'
import { openGateway, type Gateway } from '../gateway/gateway.ts'
import type { GatewayOptions } from '../gateway/options.ts'
import { readAnswer } from '../http/refusal.ts'
import { pathIn, readJsonFile } from '../input/read-file.ts'
import { readWord } from '../input/read-secret.ts'
import type { Invocation } from '../invocation.ts'

/** Options of `token mint` at a gateway. */
export interface GatewayMintOptions extends GatewayOptions {
  readonly clientId?: string
  readonly clientSecretFile?: string
  readonly credentialsFile?: string
  readonly scope?: readonly string[]
}

const answerSchema = z.looseObject({
  access_token: z.string(),
  token_type: z.string(),
  expires_in: z.number(),
})

const credentialsSchema = z.object({ clientId: z.string().min(1), clientSecret: z.string().min(1) })

/** Gets an access token by client credentials. @see RFC 6749 §4.4 */
export async function mintAtGateway(invocation: Invocation, options: GatewayMintOptions): Promise<void> {
  const gateway = await openGateway(invocation, options)
  const { clientId, clientSecret } = await credentialsOf(invocation, gateway, options)
  const form = new URLSearchParams({
    grant_type: 'client_credentials',
    client_id: clientId,
    client_secret: clientSecret,
  })
  if (options.scope !== undefined) form.set('scope', options.scope.join(' '))
  const answer = await gateway.ask('auth/token', { method: 'POST', form })
  const tokens = readAnswer(answer, answerSchema, 'the token')
  if (options.json === true) invocation.print.json(tokens)
  else invocation.print.line(tokens.access_token)
}

async function credentialsOf(
  invocation: Invocation,
  { env }: Gateway,
  { clientId, clientSecretFile, credentialsFile }: GatewayMintOptions,
): Promise<z.output<typeof credentialsSchema>> {
  if (credentialsFile !== undefined) {
    if ((clientId ?? clientSecretFile) !== undefined) {
      throw usageError('--credentials-file goes without --client-id and --client-secret-file')
    }
    const parsed = credentialsSchema.safeParse(await readJsonFile(pathIn(invocation.cwd, credentialsFile)))
    if (parsed.success) return parsed.data
    throw new CliError('ERR_CLI_FILE', `${credentialsFile} has no "clientId" and "clientSecret"`)
  }
  const id = clientId ?? env.PORTCULLIS_CLIENT_ID ?? ''
  const secret =
    clientSecretFile === undefined
      ? (env.PORTCULLIS_CLIENT_SECRET ?? '')
      : await readWord(invocation, clientSecretFile, 'client secret')
  if (id !== '' && secret !== '') return { clientId: id, clientSecret: secret }
  throw new CliError(
    'ERR_CLI_CREDENTIALS',
    'a client is needed: --credentials-file, or --client-id and --client-secret-file; or --secret-file to sign a token here',
  )
}
