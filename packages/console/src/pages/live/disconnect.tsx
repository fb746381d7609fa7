import { useState, type ReactNode } from 'react'
import { disconnect, type LiveSession } from '../api/live-sessions.ts'
import { blockUser } from '../api/project-access.ts'
import { Confirm } from '../components/confirm.tsx'
import { useTask } from '../shell/use-task.tsx'
import { visible } from '../text/display.ts'

interface DisconnectProps {
  session: LiveSession
  listKey: readonly string[]
  onClose: () => void
}

/** Ends a session, and keeps its user out where that is wanted. */
export function Disconnect({ session, listKey, onClose }: DisconnectProps): ReactNode {
  const { workspaceId, projectId, sessionId, userId } = session
  const [isBlocking, setBlocking] = useState(false)
  const task = useTask({
    run: async () => {
      if (isBlocking && userId !== null) await blockUser(workspaceId, projectId, { userId })
      await disconnect(workspaceId, sessionId)
    },
    refresh: [listKey],
    done: 'Disconnected',
    onDone: onClose,
  })
  return (
    <Confirm
      title={userId === null ? 'Disconnect this session?' : `Disconnect ${visible(userId)}?`}
      action="Disconnect"
      isBusy={task.isBusy}
      error={task.error}
      onConfirm={() => task.start()}
      onClose={onClose}
    >
      <p>
        The connection from <strong>{visible(session.clientAddress)}</strong> is closed, and the client does
        not come back by itself. With a good token it may connect again.
      </p>
      {userId !== null && (
        <label className="check">
          <input
            type="checkbox"
            checked={isBlocking}
            onChange={({ target }) => setBlocking(target.checked)}
          />
          Block this user in {visible(projectId)} as well
        </label>
      )}
    </Confirm>
  )
}
