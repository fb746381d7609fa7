import type { ReactNode } from 'react'

/** A word that stands out. Its colour says nothing that the word does not. */
export function Badge({
  look = 'plain',
  children,
}: {
  look?: 'plain' | 'good' | 'warn' | 'bad' | 'accent'
  children: ReactNode
}): ReactNode {
  return <span className={`badge ${look}`}>{children}</span>
}
