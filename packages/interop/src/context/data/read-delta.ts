import { InteropError } from '../../errors.ts'
import { isJsonObject } from '../../protocol/parse.ts'
import type { Data } from './own-members.ts'

export type Command =
  | { readonly type: 'set'; readonly path: string; readonly value: unknown }
  | { readonly type: 'remove'; readonly path: string }

/** A change of data, checked. Of its members only the first that is there counts, and the last three together. */
export interface Delta {
  readonly reset: Data | undefined
  readonly commands: readonly Command[] | undefined
  readonly added: Data | undefined
  readonly updated: Data | undefined
  readonly removed: readonly string[] | undefined
}

/**
 * The delta as sent by a client; members it does not know are left alone, null counts as absent.
 *
 * @throws InteropError `ERR_INTEROP_FAILURE` saying what is wrong
 */
export function readDelta(value: unknown): Delta {
  const sent = objectOrAbsent(value, 'a delta') ?? {}
  const { commands, removed } = sent
  return {
    reset: objectOrAbsent(sent.reset, '"reset" of a delta'),
    commands: listOrAbsent(commands, 'commands')?.map(readCommand),
    added: objectOrAbsent(sent.added, '"added" of a delta'),
    updated: objectOrAbsent(sent.updated, '"updated" of a delta'),
    removed: listOrAbsent(removed, 'removed')?.map((key) => {
      if (typeof key !== 'string') throw invalid('"removed" of a delta must be a list of strings')
      return key
    }),
  }
}

function readCommand(command: unknown): Command {
  if (!isJsonObject(command)) throw invalid('a command of a delta must be an object')
  const { type, path, value } = command
  if (typeof path !== 'string') throw invalid('the "path" of a command must be a string')
  if (type === 'remove') return { type, path }
  if (type !== 'set') throw invalid('the "type" of a command must be "set" or "remove"')
  if (path === '' && !isJsonObject(value)) throw invalid('data of a context must be an object')
  return { type, path, value }
}

function objectOrAbsent(value: unknown, what: string): Data | undefined {
  if (value === undefined || value === null) return undefined
  if (!isJsonObject(value)) throw invalid(`${what} must be an object`)
  return value
}

function listOrAbsent(value: unknown, name: string): unknown[] | undefined {
  if (value === undefined || value === null) return undefined
  if (!Array.isArray(value)) throw invalid(`"${name}" of a delta must be a list`)
  return value as unknown[]
}

function invalid(reason: string): InteropError {
  return new InteropError('ERR_INTEROP_FAILURE', reason)
}
