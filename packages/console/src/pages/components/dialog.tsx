import { useEffect, useId, useRef, type ReactNode } from 'react'
import { Icon } from './icon.tsx'

interface DialogProps {
  title: string
  onClose: () => void
  children: ReactNode
  /** Nothing but its own buttons closes it: what it shows is shown once. */
  isSticky?: boolean
  isWide?: boolean
}

/** A modal dialog of the platform: focus stays inside, Escape closes it, and focus goes back where it was. */
export function Dialog({
  title,
  onClose,
  children,
  isSticky = false,
  isWide = false,
}: DialogProps): ReactNode {
  const dialog = useRef<HTMLDialogElement>(null)
  const id = useId()
  useEffect(() => {
    const element = dialog.current
    const opener = document.activeElement
    if (element !== null && !element.open) element.showModal()
    return () => {
      element?.close()
      if (opener instanceof HTMLElement) opener.focus()
    }
  }, [])
  return (
    <dialog
      ref={dialog}
      className={isWide ? 'dialog wide' : 'dialog'}
      aria-labelledby={id}
      onCancel={(event) => {
        event.preventDefault()
        if (!isSticky) onClose()
      }}
      onClose={() => {
        // Browsers close a dialog at the second Escape, whatever it says.
        const element = dialog.current
        if (element === null || element.open || !element.isConnected) return
        if (isSticky) element.showModal()
        else onClose()
      }}
      onClick={(event) => {
        if (event.target === dialog.current && !isSticky) onClose()
      }}
    >
      <div className="dialog-body">
        <header>
          <h2 id={id}>{title}</h2>
          {!isSticky && (
            <button type="button" className="button quiet icon-only" aria-label="Close" onClick={onClose}>
              <Icon name="close" />
            </button>
          )}
        </header>
        {children}
      </div>
    </dialog>
  )
}
