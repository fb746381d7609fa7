import { StrictMode } from 'react'
import { createRoot } from 'react-dom/client'
import { App } from './app.tsx'
import { takeSetupToken } from './session/setup-token.ts'
import { applyTheme, readTheme } from './shell/theme.ts'

// Before anything is drawn: the token leaves the address bar at once, and the colours are there from the beginning.
takeSetupToken()
applyTheme(readTheme())

const place = document.querySelector('#root')
if (place === null) throw new TypeError('the document has no place for the console')
createRoot(place).render(
  <StrictMode>
    <App />
  </StrictMode>,
)
