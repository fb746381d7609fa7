import { useSyncExternalStore, type ReactNode } from 'react'
import { Icon } from '../components/icon.tsx'
import { readToasts, watchToasts } from './toast-store.ts'

export function Toasts(): ReactNode {
  const toasts = useSyncExternalStore(watchToasts, readToasts)
  return (
    <div className="toasts" role="status" aria-live="polite">
      {toasts.map(({ id, text }) => (
        <p key={id} className="toast">
          <Icon name="check" size={16} />
          {text}
        </p>
      ))}
    </div>
  )
}
