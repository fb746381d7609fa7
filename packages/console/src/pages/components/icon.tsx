import type { ReactNode } from 'react'
import { ICON_PATHS, type IconName } from './icon-names.ts'

/** Decoration: what it stands beside says the same in words. */
export function Icon({ name, size = 18 }: { name: IconName; size?: number }): ReactNode {
  return (
    <svg className="icon" width={size} height={size} viewBox="0 0 24 24" aria-hidden="true" focusable="false">
      <path d={ICON_PATHS[name]} />
    </svg>
  )
}
