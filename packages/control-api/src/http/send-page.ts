import type { Page } from '@portcullis/registry/postgres'
import type { FastifyReply, FastifyRequest } from 'fastify'

/**
 * A page as it is answered, with a `Link` to the one that follows.
 *
 * @see RFC 8288
 */
export function sendPage<Item>(
  request: FastifyRequest,
  reply: FastifyReply,
  { items, next }: Page<Item>,
  shown: (item: Item) => unknown,
): { items: unknown[]; next: string | null } {
  if (next !== null) reply.header('link', `<${nextUrl(request.url, next)}>; rel="next"`)
  return { items: items.map(shown), next }
}

function nextUrl(url: string, next: string): string {
  const start = url.indexOf('?')
  const path = start < 0 ? url : url.slice(0, start)
  const query = new URLSearchParams(start < 0 ? '' : url.slice(start + 1))
  query.set('after', next)
  return `${path}?${query.toString()}`
}
