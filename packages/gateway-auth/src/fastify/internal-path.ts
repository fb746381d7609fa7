/**
 * Whether a request target could be taken for something under `/internal` by anybody on its way: percent-encoding in
 * several layers, letter case, doubled or backward slashes, dot segments and path parameters do not hide it. Says yes
 * rather too often, since yes means that the secret is needed.
 */
export function isInternalPath(target: string): boolean {
  let path = target.replace(/^https?:\/\/[^/]*/i, '').split(/[?#]/, 1)[0] ?? ''
  for (let layer = 0; layer < 4; layer += 1) {
    if (firstSegment(path) === 'internal') return true
    const decoded = path.replace(/%([0-9a-f]{2})/gi, (_, hex: string) =>
      String.fromCharCode(parseInt(hex, 16)),
    )
    if (decoded === path) return false
    path = decoded
  }
  // Nobody encodes so often without a reason.
  return true
}

/** Whether a route's pattern is under `/internal`, in whatever letters the router was told to ignore. */
export function isInternalPattern(pattern: string | undefined): boolean {
  return pattern !== undefined && firstSegment(pattern) === 'internal'
}

function firstSegment(path: string): string | undefined {
  const segments: string[] = []
  for (const part of path.toLowerCase().split(/[/\\]+/)) {
    const name = part.split(';', 1)[0] ?? ''
    if (name === '..') segments.pop()
    else if (name !== '' && name !== '.') segments.push(name)
  }
  return segments[0]
}
