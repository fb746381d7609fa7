import { Command } from 'commander'
import { z } from 'zod'
import { PRIVATE_MODE, writeError, writeNewFile } from '../file/write-atomically.ts'
import { CliError } from '../errors.ts'
import { openGateway } from '../gateway/gateway.ts'
import { gatewayOptions, type GatewayOptions } from '../gateway/options.ts'
import { readAnswer } from '../http/refusal.ts'
import { several } from '../input/parse.ts'
import { pathIn, readTextFile, readTextFileIfThere } from '../input/read-file.ts'
import { readWord } from '../input/read-secret.ts'
import type { Invocation } from '../invocation.ts'

const schema = z.object({
  clientId: z.string(),
  clientSecret: z.string(),
  hostId: z.string(),
  namespaceId: z.string(),
})

interface Options extends GatewayOptions {
  readonly capability?: readonly string[]
  readonly publicKeyFile?: string
  readonly initialAccessTokenFile?: string
  readonly out?: string
}

/** `portcullis client register <name>` */
export function clientRegister(invocation: Invocation): Command {
  return gatewayOptions(new Command('register'))
    .summary('register a machine client')
    .description(
      'Registers a machine client. Its secret is printed this once, or written to a file that you alone may read.',
    )
    .argument('<name>', 'a label, 1 to 64 characters')
    .option('--capability <name>', 'what it may do; may stand several times', several)
    .option('--public-key-file <file>', 'its public key in PEM, for private_key_jwt')
    .option('--initial-access-token-file <file>', 'file with the initial access token; - for stdin')
    .option('--out <file>', 'write the credentials to a new file instead of printing them')
    .action(
      invocation.act(async (name: string, options: Options) => {
        const { print, cwd } = invocation
        const out = options.out === undefined ? undefined : pathIn(cwd, options.out)
        // Before the secret exists: it could not be written, and is shown by nobody again.
        if (out !== undefined && (await readTextFileIfThere(out)) !== null) {
          throw new CliError('ERR_CLI_WOULD_OVERWRITE', `${out} exists`)
        }
        const publicKey =
          options.publicKeyFile === undefined
            ? undefined
            : await readTextFile(pathIn(cwd, options.publicKeyFile), 64 * 1024)
        const gateway = await openGateway(invocation, options)
        const token =
          options.initialAccessTokenFile === undefined
            ? gateway.env.AUTH_INITIAL_ACCESS_TOKEN
            : await readWord(invocation, options.initialAccessTokenFile, 'initial access token')
        const answer = await gateway.ask('auth/register', {
          method: 'POST',
          json: {
            name,
            capabilities: options.capability ?? [],
            ...(publicKey !== undefined && { publicKey }),
          },
          ...(token !== undefined && token !== '' && { headers: { authorization: `Bearer ${token}` } }),
        })
        const registered = readAnswer(answer, schema, 'the registration')
        if (out !== undefined) {
          await write(invocation, out, registered)
          const { clientSecret: _secret, ...shown } = registered
          if (options.json === true) print.json({ ...shown, file: out })
          else print.line(`registered ${registered.clientId}; its credentials are in ${out}`)
        } else if (options.json === true) print.json(registered)
        else {
          print.fields([
            ['client', registered.clientId],
            ['secret', registered.clientSecret],
            ['namespace', registered.namespaceId],
            ['host', registered.hostId],
          ])
          print.note('the secret is shown this once')
        }
      }),
    )
}

/** The secret is nowhere else: where it cannot be written after all, it is printed. */
async function write({ print }: Invocation, out: string, registered: z.output<typeof schema>): Promise<void> {
  try {
    await writeNewFile(out, `${JSON.stringify(registered, null, 2)}\n`, { mode: PRIVATE_MODE })
  } catch (error) {
    print.json(registered)
    throw writeError(out, error)
  }
}
