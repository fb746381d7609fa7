import { useState, type ReactNode } from 'react'
import { Icon } from '../components/icon.tsx'
import { applyTheme, keepTheme, readTheme, type Theme } from './theme.ts'

const NEXT: Readonly<Record<Theme, Theme>> = { auto: 'light', light: 'dark', dark: 'auto' }
const NAMES = { auto: 'as the device', light: 'light', dark: 'dark' } as const
const ICONS = { auto: 'auto', light: 'sun', dark: 'moon' } as const

/** Goes through the device's colours, light and dark. */
export function ThemeSwitch(): ReactNode {
  const [theme, setTheme] = useState(readTheme)
  const turn = (): void => {
    const next = NEXT[theme]
    keepTheme(next)
    applyTheme(next)
    setTheme(next)
  }
  return (
    <button
      type="button"
      className="button quiet icon-only"
      aria-label={`Colours: ${NAMES[theme]}. Change`}
      title={`Colours: ${NAMES[theme]}`}
      onClick={turn}
    >
      <Icon name={ICONS[theme]} />
    </button>
  )
}
