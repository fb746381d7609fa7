import type { UserDirectory } from '../users/user-directory.ts'
import { createUserResolver, type UserResolver } from '../users/user-resolver.ts'

/** Where users are looked up: a directory, or a resolver that adapters share with its cache. */
export type UsersOption = UserDirectory | UserResolver

/** @throws TypeError when it is neither */
export function usersOption(users: UsersOption | undefined): UserResolver | undefined {
  if (users === undefined) return undefined
  if (isResolver(users)) return users
  if (typeof (users as UserDirectory | null)?.findOrCreate !== 'function') {
    throw new TypeError('"users" must have a function "findOrCreate"')
  }
  return createUserResolver(users)
}

function isResolver(users: UsersOption): users is UserResolver {
  const { resolve, recheck } = (users ?? {}) as Partial<UserResolver>
  return typeof resolve === 'function' && typeof recheck === 'function'
}
