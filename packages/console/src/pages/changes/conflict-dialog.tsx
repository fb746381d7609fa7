import type { ReactNode } from 'react'
import { Badge } from '../components/badge.tsx'
import { Button } from '../components/button.tsx'
import { Dialog } from '../components/dialog.tsx'
import { brief } from '../text/display.ts'
import { isSame } from './diff.ts'
import type { ConflictRow } from './conflict.ts'
import type { EditConflict } from './use-edit.tsx'

interface ConflictDialogProps {
  conflict: EditConflict
  isBusy: boolean
  onClose: () => void
}

/** What somebody else saved while one was editing, beside one's own changes. */
export function ConflictDialog({ conflict, isBusy, onClose }: ConflictDialogProps): ReactNode {
  const isContested = conflict.rows.some((row) => row.isContested)
  return (
    <Dialog title="Somebody else was faster" onClose={onClose} isWide>
      <p className="prose">
        {isContested
          ? 'While you were editing, the same thing was saved by somebody else. Nothing of yours is lost: choose what it shall be.'
          : 'While you were editing, something else was saved here. Your changes do not touch it, so you can save them on top.'}
      </p>
      <ul className="conflicts">
        {conflict.rows.map((row) => (
          <Row key={row.path} row={row} />
        ))}
      </ul>
      <footer className="dialog-actions">
        <Button look="quiet" onClick={onClose}>
          Keep editing
        </Button>
        <Button onClick={conflict.takeTheirs}>Discard mine</Button>
        <Button look="main" isBusy={isBusy} onClick={conflict.saveMine}>
          Save mine on top
        </Button>
      </footer>
    </Dialog>
  )
}

function Row({ row }: { row: ConflictRow }): ReactNode {
  const isTheirs = !isSame(row.theirs, row.base)
  const isMine = !isSame(row.mine, row.base)
  return (
    <li>
      <h3>
        <code>{brief(row.path)}</code>
        {row.isContested && <Badge look="warn">both changed it</Badge>}
      </h3>
      <dl>
        <dt>It was</dt>
        <dd>{brief(row.base)}</dd>
        <dt>It is now</dt>
        <dd className={isTheirs ? 'changed' : undefined}>{isTheirs ? brief(row.theirs) : 'the same'}</dd>
        <dt>You want</dt>
        <dd className={isMine ? 'changed' : undefined}>{isMine ? brief(row.mine) : 'to leave it'}</dd>
      </dl>
    </li>
  )
}
