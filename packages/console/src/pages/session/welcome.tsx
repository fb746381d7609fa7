import { useEffect, type ReactNode } from 'react'
import { Logo } from '../shell/logo.tsx'

/** The frame of what is seen before one is in. */
export function Welcome({
  title,
  lead,
  children,
}: {
  title: string
  lead?: ReactNode
  children: ReactNode
}): ReactNode {
  useEffect(() => {
    document.title = title === 'Portcullis' ? title : `${title} · Portcullis`
  }, [title])
  return (
    <main className="welcome">
      <div className="welcome-card">
        <Logo size={44} />
        <h1>{title}</h1>
        {lead !== undefined && <p className="lead">{lead}</p>}
        {children}
      </div>
    </main>
  )
}
