import type { ReactNode } from 'react'
import { Link } from 'wouter'
import { Empty } from '../components/notes.tsx'
import { Page } from './page.tsx'

/** An address that leads nowhere, or to what is not to be seen. */
export function NothingHere(): ReactNode {
  return (
    <Page title="Nothing here">
      <Empty icon="dash" title="This page does not exist">
        <p>What it showed may be gone, may have another name, or may not be yours to see.</p>
        <p>
          <Link className="button" href="/">
            To the workspaces
          </Link>
        </p>
      </Empty>
    </Page>
  )
}
