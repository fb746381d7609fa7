import type { ReactNode } from 'react'
import { Button } from './button.tsx'
import { Dialog } from './dialog.tsx'
import { ErrorNote } from './notes.tsx'

interface ConfirmProps {
  title: string
  /** What happens, and whether it can be undone. */
  children: ReactNode
  action: string
  isBusy: boolean
  error: unknown
  onConfirm: () => void
  onClose: () => void
}

/** Asks before something that cannot be undone. */
export function Confirm(props: ConfirmProps): ReactNode {
  const { title, children, action, isBusy, error, onConfirm, onClose } = props
  return (
    <Dialog title={title} onClose={onClose}>
      <div className="prose">{children}</div>
      {error !== null && error !== undefined && <ErrorNote error={error} />}
      <footer className="dialog-actions">
        <Button onClick={onClose}>Cancel</Button>
        <Button look="danger" isBusy={isBusy} onClick={onConfirm}>
          {action}
        </Button>
      </footer>
    </Dialog>
  )
}
