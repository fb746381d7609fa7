const LONGEST = 256

/** An id that a client sent, as a reason can name it: what is no string or number prints as nothing. */
export function printed(id: unknown): string {
  if (typeof id === 'string') return id.slice(0, LONGEST)
  return typeof id === 'number' ? String(id) : ''
}
