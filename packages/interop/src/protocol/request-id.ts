import { InteropError } from '../errors.ts'
import type { InteropLimits } from '../gateway/limits.ts'

/**
 * Refuses to keep a request id for later that is no id but a burden.
 *
 * @throws InteropError `ERR_INTEROP_LIMITS_EXCEEDED`, which does not repeat it
 */
export function checkRequestId({ maxNameLength }: InteropLimits, requestId: unknown): void {
  const size =
    typeof requestId === 'string'
      ? requestId.length
      : typeof requestId === 'object' && requestId !== null
        ? JSON.stringify(requestId).length
        : 0
  if (size <= maxNameLength) return
  throw new InteropError(
    'ERR_INTEROP_LIMITS_EXCEEDED',
    `A "request_id" is longer than ${maxNameLength} characters`,
    { requestId: -1 },
  )
}
