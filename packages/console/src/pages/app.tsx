import { QueryClientProvider } from '@tanstack/react-query'
import { useState, type ReactNode } from 'react'
import { Gate } from './session/gate.tsx'
import { createQueries } from './shell/queries.tsx'
import { Toasts } from './shell/toasts.tsx'
import { UnreachableBanner } from './shell/unreachable-banner.tsx'
import { Routes } from './routes.tsx'

/** The console. */
export function App(): ReactNode {
  const [queries] = useState(createQueries)
  return (
    <QueryClientProvider client={queries}>
      <UnreachableBanner />
      <Gate>
        <Routes />
      </Gate>
      <Toasts />
    </QueryClientProvider>
  )
}
