import type { FastifyRequest } from 'fastify'
import { ControlApiError } from '../errors.ts'
import type { Settings } from '../settings.ts'

/**
 * Refuses what a page of another origin sends: its `Origin` is neither that of `publicUrl` nor the host that it asks. Browsers send
 * `Origin` with whatever changes something; a program that sends none is no browser.
 *
 * @throws ControlApiError `ERR_ORIGIN_FORBIDDEN`
 * @see RFC 6454 §7.3
 */
export function assertOwnOrigin(request: FastifyRequest, { publicUrl }: Pick<Settings, 'publicUrl'>): void {
  const { origin } = request.headers
  if (request.headers['sec-fetch-site'] === 'cross-site') throw foreign()
  if (origin === undefined || origin === publicUrl?.origin) return
  const host = URL.canParse(origin) ? new URL(origin).host : null
  if (host === null || host !== request.headers.host?.toLowerCase()) throw foreign()
}

function foreign(): ControlApiError {
  return new ControlApiError('ERR_ORIGIN_FORBIDDEN', 'this comes from a page of another origin')
}
