import { readFileSync, unwatchFile, watchFile } from 'node:fs'
import type { InteropGateway } from '@portcullis/interop'
import { compileRules, type Visibility, type VisibilityRules } from '@portcullis/visibility'
import type { FastifyBaseLogger } from 'fastify'

/** Where the rules are, and what holds for what they do not mention. */
export interface RulesSource {
  path: string | undefined
  default: Visibility
}

const LOOK_EVERY_MS = 1000

/** The rules of the file, checked; none without a file. @throws Error naming the rule, or what else is wrong with it */
export function readRules({ path, default: fallback }: RulesSource): VisibilityRules {
  if (path === undefined) return { default: fallback }
  try {
    const written: unknown = JSON.parse(readFileSync(path, 'utf8'))
    compileRules(written)
    return { default: fallback, ...(written as VisibilityRules) }
  } catch (cause) {
    throw new Error(`INTEROP_RULES_FILE: ${path}: ${(cause as Error).message}`, { cause })
  }
}

/**
 * Puts the rules of a file into force when it changes. A file that is wrong changes nothing: the old rules stay, and the
 * log says why. Returns the way to stop it.
 */
export function watchRules(
  source: RulesSource,
  { visibility }: Pick<InteropGateway, 'visibility'>,
  logger: FastifyBaseLogger,
): () => void {
  const { path } = source
  if (path === undefined) return () => undefined
  const reload = (): void => {
    try {
      const changes = visibility.reload(readRules(source))
      if (changes.length > 0) logger.info({ changes: changes.length }, 'other visibility rules are in force')
    } catch (error) {
      logger.error({ err: error }, 'the visibility rules cannot be used; the old ones stay in force')
    }
  }
  watchFile(path, { interval: LOOK_EVERY_MS, persistent: false }, reload)
  return () => unwatchFile(path, reload)
}
