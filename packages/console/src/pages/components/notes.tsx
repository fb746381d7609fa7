import type { ReactNode } from 'react'
import { inPlainWords } from '../api/problem.ts'
import { Button } from './button.tsx'
import type { IconName } from './icon-names.ts'
import { Icon } from './icon.tsx'

/** What went wrong, in plain words. */
export function ErrorNote({ error, onRetry }: { error: unknown; onRetry?: () => void }): ReactNode {
  return (
    <div className="note bad" role="alert">
      <p>{inPlainWords(error)}</p>
      {onRetry !== undefined && <Button onClick={onRetry}>Try again</Button>}
    </div>
  )
}

/** Something to know. */
export function Note({
  look = 'plain',
  children,
}: {
  look?: 'plain' | 'warn' | 'good'
  children: ReactNode
}): ReactNode {
  return <div className={`note ${look}`}>{children}</div>
}

/** Where there is nothing yet: what would be here, and how to get it here. */
export function Empty({
  icon,
  title,
  children,
}: {
  icon: IconName
  title: string
  children: ReactNode
}): ReactNode {
  return (
    <section className="empty">
      <span className="empty-icon">
        <Icon name={icon} size={26} />
      </span>
      <h2>{title}</h2>
      <div className="prose">{children}</div>
    </section>
  )
}

/** Where something is about to be. */
export function Loading({ lines = 3 }: { lines?: number }): ReactNode {
  return (
    <div className="skeleton" role="status" aria-label="Loading">
      {Array.from({ length: lines }, (_, line) => (
        <span key={line} />
      ))}
    </div>
  )
}
