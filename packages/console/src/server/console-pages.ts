import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { FastifyPluginAsync } from 'fastify'
import { PAGE_PATHS } from './page-paths.ts'
import { SECURITY_HEADERS } from './security-headers.ts'

/** Options of {@link consolePages}. */
export interface ConsolePagesOptions {
  /** Folder of the built pages, with `index.html` and `assets`. @defaultValue the one in this package */
  root?: string | URL | undefined
}

const YEAR_SECONDS = 365 * 24 * 60 * 60

/**
 * Serves the pages of the console at `/`, under a content security policy that allows our own files and nothing else. They
 * talk to the REST API under `/api` of the same origin, which is not part of this plugin.
 *
 * Answers `GET` and `HEAD` of the paths of its pages with the document (never kept), and `/assets/…` with files whose
 * names change with their content (kept for a year). Not wrapped with `fastify-plugin`: its headers stay on its own answers,
 * and every other path is left to the application, not-found handler included.
 *
 * @throws TypeError at registration when `root` is no folder of built pages
 */
export const consolePages: FastifyPluginAsync<ConsolePagesOptions> = async (app, options) => {
  const root = folderOf(options.root ?? builtPages())
  const document = await readDocument(root)

  app.addHook('onRequest', async (_request, reply) => {
    reply.headers(SECURITY_HEADERS)
  })

  for (const path of PAGE_PATHS) {
    app.get(path, { schema: HIDDEN }, async (_request, reply) => {
      reply.header('cache-control', 'no-store').type('text/html; charset=utf-8')
      return reply.send(document)
    })
  }

  // Loaded with the plugin, so that who imports the root entry loads no framework.
  await app.register(import('@fastify/static'), {
    root: join(root, 'assets'),
    prefix: '/assets/',
    index: false,
    // The application may have decorated replies itself.
    decorateReply: false,
    schemaHide: true,
    preCompressed: true,
    setHeaders: (reply) => {
      reply.header('vary', 'accept-encoding')
    },
    immutable: true,
    maxAge: YEAR_SECONDS * 1000,
  })
}

/** Keeps a route out of an OpenAPI document that the application may generate. */
const HIDDEN: object = { hide: true }

/** Sources are two folders deep, and the bundle is one. */
function builtPages(): URL {
  const isBundle = !import.meta.url.endsWith('.ts')
  return new URL(isBundle ? './pages/' : '../../dist/pages/', import.meta.url)
}

function folderOf(root: unknown): string {
  if (root instanceof URL && root.protocol === 'file:') return fileURLToPath(root)
  if (typeof root === 'string' && root !== '') return root
  throw new TypeError('"root" must be the folder of the built pages')
}

async function readDocument(root: string): Promise<string> {
  try {
    return await readFile(join(root, 'index.html'), 'utf8')
  } catch (error) {
    throw new TypeError(`"root" must be a folder of built pages, and ${root} has no index.html`, {
      cause: error,
    })
  }
}
