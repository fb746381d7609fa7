import type { IncomingMessage } from 'node:http'

/**
 * Takes the entry `bearer.<token>` out of the sub-protocols of a request, before one of them is chosen: `ws` would echo it
 * when it stands first.
 */
export function hideProtocolToken({ headers }: Pick<IncomingMessage, 'headers'>): void {
  const offered = headers['sec-websocket-protocol']
  if (offered === undefined) return
  const others = offered
    .split(',')
    .map((entry) => entry.trim())
    .filter((entry) => !entry.toLowerCase().startsWith('bearer.'))
  if (others.length === 0) delete headers['sec-websocket-protocol']
  else headers['sec-websocket-protocol'] = others.join(', ')
}
