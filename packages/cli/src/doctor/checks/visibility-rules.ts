import { compileRules, VisibilityError } from '@portcullis/visibility'
import { CliError } from '../../errors.ts'
import { pathIn, readJsonFile } from '../../input/read-file.ts'
import type { Check } from '../finding.ts'

/** The visibility rules, as gateways would load them. */
export const visibilityRules: Check = {
  isOnline: false,
  async look({ env, invocation }) {
    const { INTEROP_RULES_FILE: named } = env
    if (named === undefined) return []
    const check = 'visibility-rules'
    try {
      compileRules(await readJsonFile(pathIn(invocation.cwd, named)))
      return [{ check, status: 'ok', detail: 'the visibility rules can be loaded' }]
    } catch (error) {
      if (!CliError.is(error) && !VisibilityError.is(error)) throw error
      return [{ check, status: 'failed', detail: `INTEROP_RULES_FILE: ${error.message}` }]
    }
  },
}
