/**
 * Where headers are read from: Node's `rawHeaders` (name, value, name, value…), a record such as `headersDistinct` or
 * `headers`, or a fetch `Headers`.
 *
 * Prefer `rawHeaders` or `headersDistinct`: Node's `headers` keeps only the first of several `Authorization` headers, so
 * a duplicate cannot be seen there.
 */
export type HeaderSource =
  | readonly string[]
  | Readonly<Record<string, string | readonly string[] | undefined>>
  | Headers
