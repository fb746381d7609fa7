import type { ReactNode } from 'react'
import type { LiveSession } from '../api/live-sessions.ts'
import { Button } from '../components/button.tsx'
import type { Column } from '../components/table.tsx'
import { Time } from '../components/time.tsx'
import { visible } from '../text/display.ts'
import { amount, bytes } from '../text/format.ts'

/** Who, where, since when, how much. */
export function sessionColumns(
  onDisconnect: ((session: LiveSession) => void) | null,
): readonly Column<LiveSession>[] {
  return [
    {
      title: 'User',
      isHead: true,
      cell: ({ userId, sessionId }) => (
        <span className="two-lines">
          <strong>{userId === null ? 'Anonymous' : visible(userId)}</strong>
          <code title={visible(sessionId)}>{visible(sessionId)}</code>
        </span>
      ),
    },
    {
      title: 'Where',
      cell: ({ host, clientAddress }) => (
        <span className="two-lines">
          <span>{visible(host)}</span>
          <small>from {visible(clientAddress)}</small>
        </span>
      ),
    },
    {
      title: 'Project',
      cell: ({ projectId, gatewayId }) => (
        <span className="two-lines">
          <span>{visible(projectId)}</span>
          <small>on {visible(gatewayId)}</small>
        </span>
      ),
    },
    {
      title: 'Since',
      cell: ({ connectedAt, expiresAt }) => (
        <span className="two-lines">
          <Time at={connectedAt} />
          <small>{expiresAt === null ? 'does not expire' : <Expiry at={expiresAt} />}</small>
        </span>
      ),
    },
    {
      title: 'Messages',
      isNumber: true,
      cell: ({ received, delivered }) => (
        <span className="two-lines" title={`${received} received from it, ${delivered} delivered to it`}>
          <span>{amount(received)} in</span>
          <small>{amount(delivered)} out</small>
        </span>
      ),
    },
    { title: 'Queue', isNumber: true, cell: (session) => <Queue session={session} /> },
    {
      title: 'Actions',
      isActions: true,
      cell: (session) =>
        onDisconnect !== null && <Button onClick={() => onDisconnect(session)}>Disconnect</Button>,
    },
  ]
}

function Expiry({ at }: { at: string }): ReactNode {
  return (
    <>
      expires <Time at={at} />
    </>
  )
}

/** What it has been sent and not confirmed; a client that falls behind stands out. */
function Queue({ session: { inFlight, bufferedBytes } }: { session: LiveSession }): ReactNode {
  const isBehind = bufferedBytes > 256 * 1024
  return (
    <span className={isBehind ? 'two-lines behind' : 'two-lines'}>
      <span>{amount(inFlight)}</span>
      {bufferedBytes > 0 && <small>{bytes(bufferedBytes)}</small>}
    </span>
  )
}
