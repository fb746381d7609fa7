import { GatewayError } from '../errors.ts'
import type { UpgradeAttempt } from './attempt.ts'

/** The path of a request target in origin form; undefined for any other form. */
export function requestPath(target: string | undefined): string | undefined {
  if (target === undefined || !target.startsWith('/') || target.startsWith('//')) return undefined
  const end = target.search(/[?#]/)
  return end === -1 ? target : target.slice(0, end)
}

/** The path is one that the relay answers at. */
export function checkPath(attempt: UpgradeAttempt): void {
  const path = requestPath(attempt.request.url)
  if (path === undefined) throw new GatewayError('request_invalid', 'the request target is malformed')
  if (!attempt.settings.paths.has(path))
    throw new GatewayError('not_found', 'nothing is upgraded at this path')
  attempt.path = path
}
