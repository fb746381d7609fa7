/** What an id may be, for the `pattern` of a field. */
export const ID_PATTERN = '[A-Za-z0-9_\\-]{1,64}'

export const ID_HINT = 'Letters, digits, - and _. It stands in addresses and message subjects, and stays.'

/** An id made of a name: `Acme Shop` becomes `acme-shop`. */
export function idOf(name: string): string {
  return name
    .normalize('NFKD')
    .replaceAll(/\p{M}/gu, '')
    .toLowerCase()
    .replaceAll(/[^a-z0-9]+/g, '-')
    .slice(0, 64)
    .replaceAll(/^-+|-+$/g, '')
}
