import type { ReactNode } from 'react'

/** The gate. */
export function Logo({ size = 28 }: { size?: number }): ReactNode {
  return (
    <svg className="logo" width={size} height={size} viewBox="0 0 32 32" aria-hidden="true" focusable="false">
      <rect width="32" height="32" rx="8" />
      <path d="M8 21V13a8 8 0 0 1 16 0v8M12 8.2V25M16 6.5V26M20 8.2V25M8 13.5h16M8 19.5h16" />
    </svg>
  )
}
