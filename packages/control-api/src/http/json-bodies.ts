import type { FastifyInstance } from 'fastify'

/**
 * Reads JSON and nothing else in this scope. An empty body is none, whatever its type: clients send the type with every request.
 *
 * @see RFC 7396 for `application/merge-patch+json`
 */
export function readJsonOnly(app: FastifyInstance): void {
  const parse = app.getDefaultJsonParser('error', 'error')
  app.removeAllContentTypeParsers()
  app.addContentTypeParser(
    ['application/json', 'application/merge-patch+json'],
    { parseAs: 'string' },
    (request, body, done) => {
      if (body === '') done(null, undefined)
      else void parse(request, body as string, done)
    },
  )
}
