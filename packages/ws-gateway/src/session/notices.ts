import { encodeNotice, sessionSubject } from '@portcullis/transport'
import type { GatewaySettings } from '../options.ts'
import type { Session } from './session.ts'

type Engine = Pick<GatewaySettings, 'transport' | 'logger'>

/** Tells workers that a session is there. */
export function noticeConnected(engine: Engine, session: Session): void {
  const { grant, id: sessionId, connectedAt } = session
  publish(engine, 'connected', session, { sessionId, userId: grant.userId, connectedAt })
}

/** Tells workers that a session is gone. */
export function noticeDisconnected(engine: Engine, session: Session): void {
  publish(engine, 'disconnected', session, { sessionId: session.id, disconnectedAt: Date.now() })
}

type Notice = Parameters<typeof encodeNotice>[0]
type Members = Notice extends infer Each ? (Each extends unknown ? Omit<Each, 'scope'> : never) : never

function publish(
  { transport, logger }: Engine,
  kind: 'connected' | 'disconnected',
  { id, grant: { workspaceId, projectId } }: Session,
  members: Members,
): void {
  const scope = { workspaceId, projectId }
  try {
    transport.publishEvent(sessionSubject(kind, scope), encodeNotice({ scope, ...members }))
  } catch (error) {
    // A closed transport throws, and we are in the listener of a socket. Notices may be missed; the process may not.
    logger.warn({ sessionId: id, err: error }, 'could not publish a notice')
  }
}
