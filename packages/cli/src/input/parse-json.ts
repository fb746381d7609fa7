/**
 * What a text says as JSON; undefined when it is none. The parser's own error would quote it.
 *
 * @param readAs - what each text in it is read as
 */
export function parseJson(text: string, readAs: (text: string) => string = (same) => same): unknown {
  try {
    return JSON.parse(text, (_name, value: unknown) =>
      typeof value === 'string' ? readAs(value) : value,
    ) as unknown
  } catch {
    return undefined
  }
}
