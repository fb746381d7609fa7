import { useEffect, type ReactNode } from 'react'
import { Link } from 'wouter'
import { Icon } from '../components/icon.tsx'

interface PageProps {
  title: string
  /** One sentence on what this page is for. */
  lead?: ReactNode
  /** Buttons beside the title. */
  actions?: ReactNode
  /** Where this is a part of. */
  back?: { href: string; title: string }
  children: ReactNode
}

/** The frame of every page that has a place in the navigation. */
export function Page({ title, lead, actions, back, children }: PageProps): ReactNode {
  useEffect(() => {
    document.title = `${title} · Portcullis`
  }, [title])
  return (
    <>
      {back !== undefined && (
        <Link className="back" href={back.href}>
          <Icon name="back" size={15} />
          {back.title}
        </Link>
      )}
      <header className="page-head">
        <div>
          <h1>{title}</h1>
          {lead !== undefined && <p className="lead">{lead}</p>}
        </div>
        {actions !== undefined && <div className="page-actions">{actions}</div>}
      </header>
      {children}
    </>
  )
}

/** A part of a page with a heading of its own. */
export function Card({
  title,
  lead,
  actions,
  children,
}: {
  title?: string
  lead?: ReactNode
  actions?: ReactNode
  children: ReactNode
}): ReactNode {
  return (
    <section className="card">
      {title !== undefined && (
        <header className="card-head">
          <div>
            <h2>{title}</h2>
            {lead !== undefined && <p className="hint">{lead}</p>}
          </div>
          {actions}
        </header>
      )}
      {children}
    </section>
  )
}
