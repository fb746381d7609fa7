import { Command, Option } from 'commander'
import { readConfig, writeConfig } from '../config/config-file.ts'
import { segment, type ControlPlane } from '../control-plane/control-plane.ts'
import { usageError } from '../errors.ts'
import { lengthOfTime } from '../input/parse.ts'
import { pathIn } from '../input/read-file.ts'
import type { Invocation } from '../invocation.ts'
import { instantInWords } from '../output/time-in-words.ts'
import { describeApiKey, keyOptions, newApiKeySchema, openKeys, type KeyOptions } from './api-key.ts'
import { DEFAULT_KEEP_MS, DEFAULT_SIGN_IN_MS, rotateSigningKey } from './rotate-signing-key.ts'
import { SIGNING_ALGORITHMS, type SigningAlgorithm } from './signing-key-file.ts'

const DAY_MS = 86_400_000

interface Options extends KeyOptions {
  readonly keysFile?: string
  readonly algorithm?: SigningAlgorithm
  readonly signIn?: number
  readonly keep?: number
  readonly create?: boolean
}

const FILE_OPTIONS = ['algorithm', 'signIn', 'keep', 'create'] as const

/** `portcullis key rotate [key]` */
export function keyRotate(invocation: Invocation): Command {
  return keyOptions(new Command('rotate'))
    .summary('replace an API key, or with --keys-file the key that gateways sign with')
    .description(
      'Replaces an API key of the control plane: the new one is printed this once. With --keys-file it is about the file that GATEWAY_JWT_KEYS_FILE names: a new key is made, which signs after a while, and the old one goes on verifying. Nothing is sent then.',
    )
    .argument('[key]', 'id of an API key, as key list shows it')
    .option('--keys-file <file>', 'key file of the gateways')
    .addOption(
      new Option('--algorithm <name>', 'with --keys-file: instead of that of the old key').choices(
        SIGNING_ALGORITHMS,
      ),
    )
    .option(
      '--sign-in <time>',
      'with --keys-file: until the new key signs; 10m unless given',
      lengthOfTime(0, 90 * DAY_MS),
    )
    .option(
      '--keep <time>',
      'with --keys-file: for how long the old key verifies then; 30d unless given',
      lengthOfTime(0, 3650 * DAY_MS),
    )
    .option('--create', 'with --keys-file: make a file that is not there')
    .action(
      invocation.act(async (keyId: string | undefined, options: Options) => {
        if ((keyId === undefined) === (options.keysFile === undefined)) {
          throw usageError('name either an API key, or a --keys-file')
        }
        if (keyId === undefined) return rotateFile(invocation, options, options.keysFile as string)
        const stray = FILE_OPTIONS.find((name) => options[name] !== undefined)
        if (stray !== undefined)
          throw usageError('--algorithm, --sign-in, --keep and --create go with --keys-file')
        return rotateApiKey(invocation, options, keyId)
      }),
    )
}

async function rotateApiKey(invocation: Invocation, options: Options, keyId: string): Promise<void> {
  const { print } = invocation
  const { controlPlane, path } = await openKeys(invocation, options)
  const { resource } = await controlPlane.change(
    `the API key "${keyId}"`,
    'POST',
    `${path}/${segment(keyId)}/rotate`,
    newApiKeySchema,
  )
  // Printed before anything else can fail: it is nowhere else.
  if (options.json === true) print.json(resource)
  else {
    print.fields([...describeApiKey(resource), ['key', resource.key]])
    print.note('the key is shown this once')
  }
  await keepOwnKey(invocation, controlPlane, keyId, resource.key)
}

/** Whoever rotates the key that they are logged in with stays logged in. */
async function keepOwnKey(
  { env, print }: Invocation,
  { url, keySource, apiKey, config }: ControlPlane,
  keyId: string,
  key: string,
): Promise<void> {
  if (keySource !== 'config' || config === undefined || !apiKey.startsWith(`pck_${keyId}_`)) return
  const current = await readConfig(env)
  const servers = { ...current.servers, [url.href]: { ...config, apiKey: key } }
  print.note(`you are logged in with the new key: ${await writeConfig(env, { ...current, servers })}`)
}

async function rotateFile(invocation: Invocation, options: Options, file: string): Promise<void> {
  const { print, cwd } = invocation
  const nowMs = invocation.now()
  const rotated = await rotateSigningKey({
    path: pathIn(cwd, file),
    algorithm: options.algorithm,
    signInMs: options.signIn ?? DEFAULT_SIGN_IN_MS,
    keepMs: options.keep ?? DEFAULT_KEEP_MS,
    create: options.create === true,
    nowMs,
  })
  if (options.json === true) return print.json(rotated)
  print.fields([
    ['key file', rotated.path],
    ['new key', rotated.keyFile],
    ['algorithm', rotated.algorithm],
    ['kid', rotated.kid],
    ['signs', instantInWords(Date.parse(rotated.signFrom), nowMs)],
    ...rotated.dropped.map((one) => ['no longer used', one] as const),
  ])
  return print.note('give both files to every gateway and restart it before the new key signs')
}
