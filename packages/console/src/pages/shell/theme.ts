export type Theme = 'auto' | 'light' | 'dark'

const KEY = 'portcullis.theme'

/** What was chosen on this device. */
export function readTheme(): Theme {
  try {
    const stored = localStorage.getItem(KEY)
    return stored === 'light' || stored === 'dark' ? stored : 'auto'
  } catch {
    // Storage may be forbidden; then nothing is remembered.
    return 'auto'
  }
}

export function keepTheme(theme: Theme): void {
  try {
    localStorage.setItem(KEY, theme)
  } catch {
    // As above.
  }
}

/** Colours follow the device unless one was chosen. */
export function applyTheme(theme: Theme): void {
  if (theme === 'auto') delete document.documentElement.dataset['theme']
  else document.documentElement.dataset['theme'] = theme
  dispatchEvent(new Event('themechange'))
}
