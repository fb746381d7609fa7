import type { DeadLetter } from '../api/dead-letters.ts'
import { Button } from '../components/button.tsx'
import type { Column } from '../components/table.tsx'
import { Time } from '../components/time.tsx'
import type { Task } from '../shell/use-task.tsx'
import { visible } from '../text/display.ts'

interface LetterActions {
  mayChange: boolean
  replay: Task<string>
  onOpen: (id: string) => void
  onDrop: (letter: DeadLetter) => void
}

export function letterColumns(actions: LetterActions): readonly Column<DeadLetter>[] {
  const { mayChange, replay, onOpen, onDrop } = actions
  return [
    {
      title: 'For',
      isHead: true,
      cell: ({ actor, actorId, id }) => (
        <button type="button" className="row-link" onClick={() => onOpen(id)}>
          <strong>
            {visible(actor)} {visible(actorId ?? '')}
          </strong>
          <code>{visible(id)}</code>
        </button>
      ),
    },
    {
      title: 'Why',
      cell: ({ reason }) => (
        <span className="reason">
          {visible(reason.message)} <small>{visible(reason.code)}</small>
        </span>
      ),
    },
    { title: 'Project', cell: ({ projectId }) => visible(projectId) },
    { title: 'From', cell: ({ userId }) => (userId === null ? 'anonymous' : visible(userId)) },
    { title: 'Tries', isNumber: true, cell: ({ attempts }) => attempts },
    { title: 'Failed', cell: ({ failedAt }) => <Time at={failedAt} /> },
    {
      title: 'Actions',
      isActions: true,
      cell: (letter) => (
        <>
          <Button onClick={() => onOpen(letter.id)}>Look</Button>
          {mayChange && (
            <>
              <Button
                isBusy={replay.isBusy && replay.input === letter.id}
                disabled={!letter.isWhole}
                title={letter.isWhole ? undefined : 'Only a part of it was kept'}
                onClick={() => replay.start(letter.id)}
              >
                Replay
              </Button>
              <Button look="quiet" onClick={() => onDrop(letter)}>
                Drop
              </Button>
            </>
          )}
        </>
      ),
    },
  ]
}
