import { useState, type ReactNode } from 'react'
import { dropDeadLetter, listDeadLetters, replayDeadLetter, type DeadLetter } from '../api/dead-letters.ts'
import { Button } from '../components/button.tsx'
import { Confirm } from '../components/confirm.tsx'
import { Snippet } from '../components/copy.tsx'
import { Empty, ErrorNote } from '../components/notes.tsx'
import { More, Table } from '../components/table.tsx'
import { Waiting } from '../components/waiting.tsx'
import { ProjectFilter } from '../projects/project-filter.tsx'
import { useRole } from '../session/me.tsx'
import { Page } from '../shell/page.tsx'
import { useList } from '../shell/use-list.tsx'
import { useTask, type Task } from '../shell/use-task.tsx'
import { workspaceKey } from '../workspaces/in-workspace.tsx'
import { LetterDialog } from './letter-dialog.tsx'
import { letterColumns } from './letter-columns.tsx'

const REFRESH_MS = 5000

export function DeadLettersPage({ workspaceId }: { workspaceId: string }): ReactNode {
  const { mayChange } = useRole(workspaceId)
  const [projectId, setProjectId] = useState('')
  const [open, setOpen] = useState<string | null>(null)
  const [dropping, setDropping] = useState<DeadLetter | null>(null)
  const key = [...workspaceKey(workspaceId), 'dead-letters']
  const list = useList([...key, projectId], (after) => listDeadLetters(workspaceId, projectId, after), {
    refetchMs: REFRESH_MS,
  })
  const replay = useTask({
    run: (id: string) => replayDeadLetter(workspaceId, id),
    refresh: [key],
    done: 'Handed to the workers again',
    onDone: () => setOpen(null),
  })
  const { items } = list
  return (
    <Page
      title="Dead letters"
      lead="Messages that no worker could handle. They are kept until you replay or drop them."
      actions={<ProjectFilter workspaceId={workspaceId} value={projectId} onChange={setProjectId} />}
    >
      {replay.error !== null && open === null && <ErrorNote error={replay.error} />}
      <Waiting on={list.items} error={list.error} retry={list.retry} lines={5} />
      {items?.length === 0 && <NoLetters />}
      {items !== undefined && items.length > 0 && (
        <Table
          label="Dead letters"
          rows={items}
          keyOf={({ id }) => id}
          columns={letterColumns({ mayChange, replay, onOpen: setOpen, onDrop: setDropping })}
        />
      )}
      <More onMore={list.more} isBusy={list.isReadingMore} />
      {open !== null && (
        <LetterDialog workspaceId={workspaceId} id={open} onClose={() => setOpen(null)}>
          {(letter) => mayChange && letter.isWhole && <Replay id={open} task={replay} />}
        </LetterDialog>
      )}
      {dropping !== null && (
        <Drop workspaceId={workspaceId} letter={dropping} listKey={key} onClose={() => setDropping(null)} />
      )}
    </Page>
  )
}

function Replay({ id, task }: { id: string; task: Task<string> }): ReactNode {
  return (
    <>
      {task.error !== null && task.input === id && <ErrorNote error={task.error} />}
      <Button look="main" isBusy={task.isBusy} onClick={() => task.start(id)}>
        Replay
      </Button>
    </>
  )
}

interface DropProps {
  workspaceId: string
  letter: DeadLetter
  listKey: readonly string[]
  onClose: () => void
}

function Drop({ workspaceId, letter, listKey, onClose }: DropProps): ReactNode {
  const task = useTask({
    run: () => dropDeadLetter(workspaceId, letter.id),
    refresh: [listKey],
    done: 'Dropped',
    onDone: onClose,
  })
  return (
    <Confirm
      title="Drop this message?"
      action="Drop message"
      isBusy={task.isBusy}
      error={task.error}
      onConfirm={() => task.start()}
      onClose={onClose}
    >
      <p>It is gone for good, and nobody handles it. Look at it first if you are not sure.</p>
    </Confirm>
  )
}

function NoLetters(): ReactNode {
  return (
    <Empty icon="letters" title="Every message was handled">
      <p>
        A message whose handler keeps failing ends up here after its last try, so that those behind it go on.
        To see one, let a handler fail:
      </p>
      <Snippet
        label="In a worker"
        code={`createWorker({ transport, workspaceId, projectId }).actor('room', {
  async message({ actorId }, message) {
    throw new Error('cannot handle this')
  },
})`}
      />
    </Empty>
  )
}
