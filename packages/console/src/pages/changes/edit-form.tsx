import type { SubmitEvent, ReactNode } from 'react'
import { Button } from '../components/button.tsx'
import { ErrorNote } from '../components/notes.tsx'
import { ConflictDialog } from './conflict-dialog.tsx'
import type { Edit } from './use-edit.tsx'

interface EditFormProps {
  edit: Edit<never>
  mayChange: boolean
  /** What keeps it from being saved. */
  isInvalid?: boolean
  children: ReactNode
}

/** The fields of an edit, its buttons, and what came of it. */
export function EditForm({ edit, mayChange, isInvalid = false, children }: EditFormProps): ReactNode {
  const submit = (event: SubmitEvent): void => {
    event.preventDefault()
    if (edit.isDirty && !isInvalid) edit.save()
  }
  return (
    <form className="form" onSubmit={submit}>
      <fieldset disabled={!mayChange}>{children}</fieldset>
      {edit.error !== null && <ErrorNote error={edit.error} />}
      {mayChange ? (
        <footer className="form-actions">
          <Button type="submit" look={edit.isDirty ? 'main' : 'plain'} isBusy={edit.isBusy}>
            Save
          </Button>
          {edit.isDirty && (
            <>
              <Button look="quiet" onClick={edit.reset}>
                Undo
              </Button>
              <span className="hint" role="status">
                {isInvalid ? 'Something is still missing' : 'Not saved yet'}
              </span>
            </>
          )}
        </footer>
      ) : (
        <p className="hint">Your role lets you look at this. Admins and owners may change it.</p>
      )}
      {edit.conflict !== null && (
        <ConflictDialog conflict={edit.conflict} isBusy={edit.isBusy} onClose={edit.closeConflict} />
      )}
    </form>
  )
}
