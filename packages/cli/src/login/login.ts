import { Command } from 'commander'
import { z } from 'zod'
import { readConfig, writeConfig } from '../config/config-file.ts'
import { controlPlaneUrl, openControlPlane } from '../control-plane/control-plane.ts'
import { readMe, type Me } from '../control-plane/me.ts'
import { controlPlaneOptions, type ControlPlaneOptions } from '../control-plane/options.ts'
import { usageError } from '../errors.ts'
import { ask } from '../http/ask.ts'
import { readAnswer } from '../http/refusal.ts'
import { readWord } from '../input/read-secret.ts'
import type { Invocation } from '../invocation.ts'

interface Options extends ControlPlaneOptions {
  readonly workspace?: string
  readonly setupTokenFile?: string
  readonly name?: string
}

/** `portcullis login` */
export function login(invocation: Invocation): Command {
  return controlPlaneOptions(new Command('login'))
    .summary('keep an API key for a control plane')
    .description(
      'Checks an API key and keeps it in the configuration, readable by you alone. Asks for the key at the terminal unless a file is named.',
    )
    .option('--workspace <id>', 'what commands that name no workspace are about')
    .option('--setup-token-file <file>', 'become the first operator: file with the set-up token; - for stdin')
    .option('--name <text>', 'with a set-up token: name of the first operator')
    .action(
      invocation.act(async (options: Options) => {
        const { env, print } = invocation
        if (options.setupTokenFile !== undefined && options.apiKeyFile !== undefined) {
          throw usageError('--setup-token-file and --api-key-file do not go together')
        }
        if (options.setupTokenFile === undefined && options.name !== undefined) {
          throw usageError('--name goes with --setup-token-file')
        }
        const config = await readConfig(env)
        const url = await controlPlaneUrl(invocation, options.url)
        const keep = (apiKey: string): Promise<string> => {
          const server = { apiKey, ...(options.workspace !== undefined && { workspace: options.workspace }) }
          return writeConfig(env, {
            ...config,
            current: url.href,
            servers: { ...config.servers, [url.href]: server },
          })
        }
        const isFirst = options.setupTokenFile !== undefined
        // Before a set-up token is used up: a key that could not be kept would be lost.
        if (isFirst) await writeConfig(env, config)
        const apiKey = isFirst
          ? await setUp(invocation, url, options.setupTokenFile, options)
          : await readWord(invocation, options.apiKeyFile ?? '-', 'API key')
        const kept = isFirst ? await keepFirst(invocation, apiKey, keep) : undefined
        const controlPlane = await openControlPlane(
          { ...invocation, env: { ...env, PORTCULLIS_API_KEY: apiKey } },
          { ...options, apiKeyFile: undefined, url: url.href },
        )
        const me = await readMe(controlPlane)
        const path = kept ?? (await keep(apiKey))
        if (options.json === true) print.json({ url: url.href, config: path, me })
        else print.line(`logged in at ${url.href} as ${describe(me)}; kept in ${path}`)
      }),
    )
}

/** Who somebody is, in a few words. */
export function describe({ kind, name, operator }: Me): string {
  const who = name ?? kind
  return (operator ?? null) === null ? who : `${who} (operator, ${operator})`
}

/** The key of the first operator is nowhere else: where it cannot be kept after all, it is printed. */
async function keepFirst(
  { print }: Invocation,
  apiKey: string,
  keep: (apiKey: string) => Promise<string>,
): Promise<string> {
  try {
    return await keep(apiKey)
  } catch (error) {
    print.fields([['API key', apiKey]])
    throw error
  }
}

async function setUp(
  invocation: Invocation,
  url: URL,
  file: string,
  { name, timeout }: Options,
): Promise<string> {
  // The whole link will do: the token is what it has behind its "#".
  const token = (await readWord(invocation, file, 'set-up token')).replace(/^.*#/, '')
  const answer = await ask(invocation, {
    url: new URL('api/setup', url),
    method: 'POST',
    json: { token, ...(name !== undefined && { name }) },
    timeoutMs: timeout,
  })
  const { apiKey } = readAnswer(answer, z.object({ apiKey: z.string().min(1) }), 'the set-up')
  return apiKey
}
