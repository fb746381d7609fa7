import { Command, Option } from 'commander'
import { usageError } from '../errors.ts'
import { gatewayOptions } from '../gateway/options.ts'
import { lengthOfTime, nameAndValue, several } from '../input/parse.ts'
import type { Invocation } from '../invocation.ts'
import { mintAtGateway, type GatewayMintOptions } from './mint-at-gateway.ts'
import { HMAC_ALGORITHMS, mintLocally, type LocalMintOptions } from './mint-locally.ts'

interface Options extends GatewayMintOptions, LocalMintOptions {}

const LOCAL = ['sub', 'claim', 'claimsFile', 'expiresIn', 'issuer', 'audience', 'algorithm'] as const
const REMOTE = ['clientId', 'clientSecretFile', 'credentialsFile', 'scope', 'gatewayUrl'] as const

/** `portcullis token mint` */
export function tokenMint(invocation: Invocation): Command {
  return gatewayOptions(new Command('mint'))
    .summary('get a token for a machine client, or sign one with the secret of a project')
    .description(
      'Gets an access token from a gateway by client credentials. With --secret-file it signs one on this machine instead, for a project of the mode jwt-secret; nothing is sent then. Prints the token alone.',
    )
    .option('--client-id <id>', 'of the machine client; or PORTCULLIS_CLIENT_ID')
    .option('--client-secret-file <file>', 'file with its secret, - for stdin; or PORTCULLIS_CLIENT_SECRET')
    .option('--credentials-file <file>', 'both, as client register --out writes them')
    .option('--scope <capability>', 'no more than this; may stand several times', several)
    .option('--secret-file <file>', 'sign with the secret in a file; - for stdin')
    .option('--sub <user>', 'with --secret-file: whose the token is')
    .option(
      '--claim <name=value>',
      'with --secret-file: one more claim, JSON or text; may stand several times',
      nameAndValue,
    )
    .option('--claims-file <file>', 'with --secret-file: JSON object with more claims')
    .option(
      '--expires-in <time>',
      'with --secret-file: its life; 15m unless given',
      lengthOfTime(1000, 3650 * 86_400_000),
    )
    .option('--issuer <issuer>', 'with --secret-file: iss')
    .option('--audience <audience>', 'with --secret-file: aud; may stand several times', several)
    .addOption(
      new Option('--algorithm <name>', 'with --secret-file; HS256 unless given').choices(HMAC_ALGORITHMS),
    )
    .action(
      invocation.act(async (options: Options) => {
        const isLocal = options.secretFile !== undefined
        const strays = (isLocal ? REMOTE : LOCAL).filter((name) => options[name] !== undefined)
        if (strays.length > 0) {
          throw usageError(
            isLocal
              ? 'with --secret-file no gateway is asked'
              : 'claims are for --secret-file: a gateway writes its own',
          )
        }
        return isLocal ? mintLocally(invocation, options) : mintAtGateway(invocation, options)
      }),
    )
}
