import { useQuery } from '@tanstack/react-query'
import type { ReactNode } from 'react'
import { readDeadLetter, type DeadLetterDetail } from '../api/dead-letters.ts'
import { CopyButton } from '../components/copy.tsx'
import { Dialog } from '../components/dialog.tsx'
import { fullTime } from '../components/time.tsx'
import { Waiting } from '../components/waiting.tsx'
import { pretty, visible } from '../text/display.ts'
import { bytes } from '../text/format.ts'
import { workspaceKey } from '../workspaces/in-workspace.tsx'

interface LetterDialogProps {
  workspaceId: string
  id: string
  onClose: () => void
  /** What can be done with it. */
  children: (letter: DeadLetterDetail) => ReactNode
}

/** One dead letter with its message, as text and nothing but text. */
export function LetterDialog({ workspaceId, id, onClose, children }: LetterDialogProps): ReactNode {
  const { data, error, refetch } = useQuery({
    queryKey: [...workspaceKey(workspaceId), 'dead-letter', id],
    queryFn: () => readDeadLetter(workspaceId, id),
  })
  return (
    <Dialog title="Dead letter" onClose={onClose} isWide>
      <Waiting on={data} error={error} retry={() => void refetch()} />
      {data !== undefined && <Letter letter={data} />}
      <footer className="dialog-actions">{data !== undefined && children(data)}</footer>
    </Dialog>
  )
}

function Letter({ letter }: { letter: DeadLetterDetail }): ReactNode {
  const message = pretty(letter.message)
  const facts = [
    ['For', `${letter.actor} ${letter.actorId ?? ''}`],
    ['Why', `${letter.reason.message} (${letter.reason.code})`],
    ['Size', bytes(letter.payloadBytes)],
    ['Tries', String(letter.attempts)],
    ['Failed', fullTime(letter.failedAt)],
    ['Project', letter.projectId],
    ['User', letter.userId ?? 'anonymous'],
    ['Session', letter.sessionId ?? '–'],
  ] as const
  return (
    <>
      <dl className="facts">
        {facts.map(([name, value]) => (
          <div key={name}>
            <dt>{name}</dt>
            <dd>{visible(value)}</dd>
          </div>
        ))}
      </dl>
      <div className="raw-head">
        <h3>Message</h3>
        <CopyButton text={message} />
      </div>
      <pre className="raw" tabIndex={0} aria-label="Message">
        {message}
      </pre>
      {!letter.isWhole && <p className="hint">Only a part of it was kept, so it cannot be replayed.</p>}
    </>
  )
}
