import { stat } from 'node:fs/promises'
import { dirname, resolve } from 'node:path'
import { CliError } from '../../errors.ts'
import { pathIn } from '../../input/read-file.ts'
import { readKeyFile } from '../../key/signing-key-file.ts'
import { badInProduction, type Check, type Examination, type Finding } from '../finding.ts'

/** Whether files with secrets may be read by others on their machine. */
export const privateFiles: Check = {
  isOnline: false,
  async look(examination) {
    const { env, envFile, invocation } = examination
    const named: (readonly [string, string | undefined])[] = [
      ['the env file', envFile],
      ['NATS_CREDS_FILE', env.NATS_CREDS_FILE],
      ['GATEWAY_JWT_KEYS_FILE', env.GATEWAY_JWT_KEYS_FILE],
      ...(await signingKeysOf(examination)).map((path) => ['a signing key', path] as const),
    ]
    const findings = await Promise.all(
      named.map(async ([name, path]) =>
        path === undefined ? null : lookAt(name, pathIn(invocation.cwd, path), examination),
      ),
    )
    return findings.filter((one) => one !== null)
  },
}

/** The list names the keys; what is wrong with it is said where it is loaded. */
async function signingKeysOf({ env, invocation }: Examination): Promise<readonly string[]> {
  const { GATEWAY_JWT_KEYS_FILE: named } = env
  if (named === undefined) return []
  try {
    const file = await readKeyFile(pathIn(invocation.cwd, named))
    return file === null ? [] : file.entries.map(({ keyFile }) => resolve(dirname(file.path), keyFile))
  } catch (error) {
    if (!CliError.is(error)) throw error
    return []
  }
}

async function lookAt(name: string, path: string, examination: Examination): Promise<Finding | null> {
  const check = 'private-files'
  try {
    const { mode } = await stat(path)
    if (process.platform === 'win32') return null
    if ((mode & 0o077) === 0) return { check, status: 'ok', detail: `${name} (${path}) is its owner’s alone` }
    return {
      check,
      status: badInProduction(examination),
      detail: `${name} (${path}) may be read by others on this machine`,
      hint: `chmod 600 ${path}`,
    }
  } catch {
    return {
      check,
      status: 'failed',
      detail: `${name} (${path}) cannot be looked at`,
      hint: 'does it exist?',
    }
  }
}
