import type { ButtonHTMLAttributes, ReactNode } from 'react'

interface ButtonProps extends ButtonHTMLAttributes<HTMLButtonElement> {
  look?: 'main' | 'plain' | 'quiet' | 'danger'
  /** While it works it cannot be pressed again, and says so; it keeps the focus. */
  isBusy?: boolean
}

export function Button({ look = 'plain', isBusy = false, ...props }: ButtonProps): ReactNode {
  const { className = '', children, type = 'button', onClick, ...rest } = props
  return (
    <button
      {...rest}
      type={type}
      className={`button ${look} ${className}`}
      aria-busy={isBusy || undefined}
      aria-disabled={isBusy || undefined}
      onClick={isBusy ? (event) => event.preventDefault() : onClick}
    >
      {children}
    </button>
  )
}
