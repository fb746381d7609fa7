import type { InteropItem, InteropKind } from '../api/operate.ts'
import { brief } from '../text/display.ts'
import { bytes } from '../text/format.ts'

interface InteropColumn {
  readonly title: string
  readonly text: (item: InteropItem) => string
}

const of =
  (member: string) =>
  (item: InteropItem): string =>
    brief(item[member])

/** What is shown of each, most telling first. */
export const INTEROP_COLUMNS: Readonly<Record<InteropKind, readonly InteropColumn[]>> = {
  peers: [
    { title: 'Application', text: of('application') },
    { title: 'User', text: of('user') },
    { title: 'Instance', text: of('instance') },
    { title: 'Methods', text: of('methods') },
    { title: 'Domains', text: ({ domains }) => domainsText(domains) },
    { title: 'Node', text: of('nodeId') },
  ],
  methods: [
    { title: 'Name', text: of('name') },
    { title: 'Kind', text: ({ stream }) => (stream === true ? 'stream' : 'method') },
    { title: 'Visible to', text: of('visibility') },
    { title: 'Application', text: of('application') },
    { title: 'User', text: of('user') },
    { title: 'Node', text: of('nodeId') },
  ],
  contexts: [
    { title: 'Name', text: of('name') },
    { title: 'Visible to', text: of('visibility') },
    { title: 'Lifetime', text: of('lifetime') },
    { title: 'Members', text: of('members') },
    { title: 'Size', text: ({ bytes: size }) => (typeof size === 'number' ? bytes(size) : '–') },
    { title: 'User', text: of('user') },
    { title: 'Node', text: of('nodeId') },
  ],
}

/** Tells one item of a list from the others. */
export function interopKey({ id, peerId, nodeId }: InteropItem): string {
  return JSON.stringify([nodeId, peerId, id])
}

function domainsText(domains: unknown): string {
  if (!Array.isArray(domains)) return '–'
  const texts = domains.map(
    (one: { domain?: unknown; visibility?: unknown }) => `${brief(one.domain)} (${brief(one.visibility)})`,
  )
  return texts.join(', ') || '–'
}
