import type { Context } from './context.ts'

/** Contexts by user and name; of each pair one. */
export interface NameIndex {
  get(user: string | undefined, name: string): Context | undefined
  set(context: Context): void
  delete(context: Context): void
  countOf(user: string | undefined): number
  of(user: string | undefined): Iterable<Context>
}

export function createNameIndex(): NameIndex {
  const byUser = new Map<string | undefined, Map<string, Context>>()
  return {
    get: (user, name) => byUser.get(user)?.get(name),
    set(context) {
      const names = byUser.get(context.user)
      if (names === undefined) byUser.set(context.user, new Map([[context.name, context]]))
      else names.set(context.name, context)
    },
    delete(context) {
      const names = byUser.get(context.user)
      if (names?.get(context.name) !== context) return
      names.delete(context.name)
      if (names.size === 0) byUser.delete(context.user)
    },
    countOf: (user) => byUser.get(user)?.size ?? 0,
    of: (user) => byUser.get(user)?.values() ?? [],
  }
}
