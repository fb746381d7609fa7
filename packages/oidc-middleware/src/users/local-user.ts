/** A {@link LocalUser} that was read and found whole. */
export interface KnownUser {
  /** Empty for a disabled user. */
  readonly userId: string
  /** null: the directory leaves the roles to the token. */
  readonly role: string | null
  readonly isDisabled: boolean
}

/**
 * Reads what a directory answered, each member once. Anything of the wrong type is an error rather than a guess: an
 * `isDisabled` that cannot be read must not let a user in. 0 and 1 are booleans, as SQLite has them.
 *
 * @throws Error for an answer that is no user, with a text that quotes nothing of it
 */
export function readLocalUser(value: unknown): KnownUser {
  if (typeof value !== 'object' || value === null) throw new Error('findOrCreate answered with no user')
  const { id, userId, role, isDisabled } = value as Record<string, unknown>
  // Nobody is to become this user, so the rest need not be there.
  if (readFlag(isDisabled)) return { userId: '', role: null, isDisabled: true }
  return { userId: readId(id ?? userId), role: readRole(role), isDisabled: false }
}

function readId(value: unknown): string {
  if (typeof value === 'string' && value !== '') return value
  if ((typeof value === 'number' && Number.isFinite(value)) || typeof value === 'bigint') return String(value)
  throw new Error('findOrCreate answered with a user without a usable "id"')
}

function readRole(value: unknown): string | null {
  if (value === undefined || value === null) return null
  if (typeof value === 'string' && value !== '') return value
  throw new Error('findOrCreate answered with a user whose "role" is no text')
}

function readFlag(value: unknown): boolean {
  if (value === undefined || value === null || value === false || value === 0) return false
  if (value === true || value === 1) return true
  throw new Error('findOrCreate answered with a user whose "isDisabled" is no boolean')
}
