import { useEffect, useRef, useState, type ReactNode } from 'react'
import { Link, useLocation } from 'wouter'
import { Icon } from '../components/icon.tsx'
import { Logo } from './logo.tsx'
import { Navigation } from './navigation.tsx'

/** Navigation and page. On a narrow screen the navigation is behind a button. */
export function Shell({
  workspaceId,
  children,
}: {
  workspaceId: string | null
  children: ReactNode
}): ReactNode {
  const [path] = useLocation()
  const [isOpen, setOpen] = useState(false)
  const main = useRef<HTMLElement>(null)
  const shown = useRef(path)
  useEffect(() => {
    if (shown.current === path) return
    shown.current = path
    setOpen(false)
    scrollTo(0, 0)
    // A new page is read from its beginning, also by who hears it.
    main.current?.focus({ preventScroll: true })
  }, [path])
  return (
    <div className={isOpen ? 'shell open' : 'shell'}>
      <a className="skip" href="#main">
        Skip to content
      </a>
      <header className="topbar">
        <Link className="brand" href="/">
          <Logo />
          <span>Portcullis</span>
        </Link>
        <button
          type="button"
          className="button quiet icon-only"
          aria-label={isOpen ? 'Close the menu' : 'Open the menu'}
          aria-expanded={isOpen}
          aria-controls="navigation"
          onClick={() => setOpen(!isOpen)}
        >
          <Icon name={isOpen ? 'close' : 'menu'} size={22} />
        </button>
      </header>
      <Navigation workspaceId={workspaceId} onEscape={() => setOpen(false)} />
      <main id="main" ref={main} tabIndex={-1}>
        {children}
      </main>
    </div>
  )
}
