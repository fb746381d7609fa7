import { useRef } from 'react'
import { randomText } from '../text/random.ts'

/**
 * A key for creating one thing: the same for another try after an answer that never came, so that one thing is made, and a
 * new one after `renew`.
 */
export function useIdempotencyKey(): { key: () => string; renew: () => void } {
  const kept = useRef<string | null>(null)
  return {
    key: () => (kept.current ??= randomText(18)),
    renew: () => {
      kept.current = null
    },
  }
}
