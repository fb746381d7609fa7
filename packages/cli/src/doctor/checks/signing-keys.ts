import { dirname, resolve } from 'node:path'
import { CliError } from '../../errors.ts'
import { pathIn } from '../../input/read-file.ts'
import { loadRing, readKeyFile } from '../../key/signing-key-file.ts'
import { timeInWords } from '../../output/time-in-words.ts'
import type { Check, Finding } from '../finding.ts'

const CHECK = 'signing-keys'

/** How long before the end of the only key somebody should act, milliseconds. */
const SOON_MS = 7 * 86_400_000

/** The keys that gateways sign with, as they would load them. */
export const signingKeys: Check = {
  isOnline: false,
  async look({ env, invocation }) {
    const { GATEWAY_JWT_KEYS_FILE: named } = env
    if (named === undefined) return []
    const path = pathIn(invocation.cwd, named)
    try {
      const file = await readKeyFile(path)
      if (file === null) throw new CliError('ERR_CLI_FILE', `${path} does not exist`)
      await loadRing(file.path, file.entries)
      const nowMs = invocation.now()
      const ends = file.entries.map(({ verifyUntil }) =>
        verifyUntil === undefined ? Infinity : Date.parse(verifyUntil),
      )
      const last = Math.max(...ends)
      if (last - nowMs < SOON_MS) {
        return [
          finding(
            'warning',
            `the last signing key ends ${timeInWords(last, nowMs)}`,
            'portcullis key rotate --keys-file makes the next one',
          ),
        ]
      }
      const names = file.entries.map(({ keyFile }) => resolve(dirname(file.path), keyFile))
      return [finding('ok', `${names.length} signing ${names.length === 1 ? 'key' : 'keys'} can be loaded`)]
    } catch (error) {
      if (!CliError.is(error)) throw error
      return [finding('failed', error.message)]
    }
  },
}

function finding(status: Finding['status'], detail: string, hint?: string): Finding {
  return { check: CHECK, status, detail, ...(hint !== undefined && { hint }) }
}
