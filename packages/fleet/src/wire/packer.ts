/**
 * Puts the items of several lists into as few frames as they fit into, in their order. Each item is serialised once.
 *
 * @param room bytes of a frame without its head
 */
export function pack<List extends string>(
  lists: readonly (readonly [list: List, items: Iterable<unknown>])[],
  room: number,
): { frames: string[]; tooLarge: number } {
  const names = lists.map(([name]) => name)
  const frames: string[] = []
  let open = emptyFrame(names)
  let bytes = 0
  let tooLarge = 0
  for (const [name, items] of lists) {
    for (const item of items) {
      const json = JSON.stringify(item)
      const size = Buffer.byteLength(json) + 1
      if (size > room) {
        tooLarge += 1
        continue
      }
      if (bytes + size > room) {
        frames.push(membersOf(open))
        open = emptyFrame(names)
        bytes = 0
      }
      open.get(name)?.push(json)
      bytes += size
    }
  }
  if (bytes > 0) frames.push(membersOf(open))
  return { frames, tooLarge }
}

function emptyFrame<List extends string>(names: readonly List[]): Map<List, string[]> {
  return new Map(names.map((name) => [name, []]))
}

/** The lists as members of an object, without the braces. */
function membersOf(lists: ReadonlyMap<string, readonly string[]>): string {
  return [...lists].map(([name, items]) => `"${name}":[${items.join(',')}]`).join(',')
}
