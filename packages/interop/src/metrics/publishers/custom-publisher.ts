import { resolve } from 'node:path'
import { pathToFileURL } from 'node:url'
import type { InteropLogger } from '../../gateway/logger.ts'
import type { Update } from '../update.ts'
import type { Publisher } from './publisher.ts'

/** A publisher of the application. Its functions may be async; they are awaited, one at a time. */
export interface CustomPublisher {
  /** Takes one update. What it throws counts as a loss of the update. */
  function(update: Update): unknown
  /** Before the first update. What it throws keeps the gateway from starting. */
  startup?: ((context: unknown) => unknown) | undefined
  /** After the last update. */
  cleanup?: (() => unknown) | undefined
}

/** The default export of a module that makes a publisher. May be async. */
export type CreateCustomPublisher = (
  configuration: unknown,
  logger: InteropLogger,
) => CustomPublisher | Promise<CustomPublisher>

/** A publisher that the options hold. */
export function createCustomPublisher(custom: CustomPublisher, context: unknown): Publisher {
  return {
    startup: async () => void (await custom.startup?.(context)),
    publish: async (update) => void (await custom.function(update)),
    cleanup: async () => void (await custom.cleanup?.()),
  }
}

/** A publisher that a module makes; the module is loaded on start. A relative `file` is one of the working directory. */
export function createModulePublisher(
  { file, configuration, context }: { file: string; configuration: unknown; context: unknown },
  logger: InteropLogger,
): Publisher {
  let publisher: Publisher | undefined
  return {
    async startup() {
      const module = (await import(pathToFileURL(resolve(file)).href)) as { default?: unknown }
      if (typeof module.default !== 'function') {
        throw new TypeError(`the default export of ${file} must be a function`)
      }
      const custom: unknown = await (module.default as CreateCustomPublisher)(configuration, logger)
      if (!isCustomPublisher(custom)) {
        throw new TypeError(`the default export of ${file} must make an object with a "function"`)
      }
      publisher = createCustomPublisher(custom, context)
      await publisher.startup?.()
    },
    publish: async (update, signal) => publisher?.publish(update, signal),
    cleanup: async () => publisher?.cleanup?.(),
  }
}

export function isCustomPublisher(value: unknown): value is CustomPublisher {
  if (typeof value !== 'object' || value === null) return false
  const { function: publish, startup, cleanup } = value as Record<string, unknown>
  return [publish, startup ?? publish, cleanup ?? publish].every((member) => typeof member === 'function')
}
