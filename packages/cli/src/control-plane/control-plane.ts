import { randomUUID } from 'node:crypto'
import { z } from 'zod'
import { readConfig, type ServerConfig } from '../config/config-file.ts'
import { CliError } from '../errors.ts'
import { ask, type Answer } from '../http/ask.ts'
import { assertDone, readAnswer } from '../http/refusal.ts'
import { isReadableOnTheWay, serverUrl } from '../http/server-url.ts'
import { readWord } from '../input/read-secret.ts'
import type { Invocation } from '../invocation.ts'
import type { ControlPlaneOptions } from './options.ts'

/** Where a control plane is when nobody says so. */
export const DEFAULT_CONTROL_PLANE_URL = 'http://localhost:3000'

/** Most items that one request asks for. */
const PAGE_SIZE = 100

/** Most requests of one list. */
const MAX_PAGES = 250

/** What a question to the control plane has besides its path. */
export interface Details {
  readonly json?: unknown
  readonly query?: Readonly<Record<string, string | number | undefined>> | undefined
  /** Of what was read: the change is refused when it has changed since. */
  readonly etag?: string | undefined
}

/** Something that was read, with the version that it was read in. */
export interface Found<Resource> {
  readonly resource: Resource
  readonly etag: string | undefined
}

/** The REST API of a control plane, with the credential of whoever runs the command. */
export interface ControlPlane {
  readonly url: URL
  /** Where the API key came from. */
  readonly keySource: 'file' | 'environment' | 'config'
  /** What the configuration says about this server. */
  readonly config: ServerConfig | undefined
  readonly apiKey: string
  get<Resource>(
    what: string,
    path: string,
    schema: z.ZodType<Resource>,
    details?: Details,
  ): Promise<Found<Resource>>
  /** Follows pages up to `limit` items. */
  list<Item>(
    what: string,
    path: string,
    schema: z.ZodType<Item>,
    details: Details & { readonly limit: number },
  ): Promise<{ items: Item[]; isMore: boolean }>
  change<Resource>(
    what: string,
    method: 'POST' | 'PATCH',
    path: string,
    schema: z.ZodType<Resource>,
    details?: Details,
  ): Promise<Found<Resource>>
  /** A change whose answer says nothing. */
  act(what: string, method: 'POST' | 'DELETE', path: string, details?: Details): Promise<void>
}

/** The URL of the control plane: of the option, the variable, the last login, or this machine. */
export async function controlPlaneUrl(
  { env }: Pick<Invocation, 'env'>,
  option: string | undefined,
): Promise<URL> {
  if (option !== undefined) return serverUrl(option, '--url')
  const { PORTCULLIS_URL: variable } = env
  if (variable !== undefined && variable !== '') return serverUrl(variable, 'PORTCULLIS_URL')
  const { current } = await readConfig(env)
  return serverUrl(current ?? DEFAULT_CONTROL_PLANE_URL, 'the URL of the configuration')
}

/**
 * Opens the REST API. Nothing is sent yet.
 *
 * @throws CliError `ERR_CLI_CREDENTIALS` when there is no API key for the server
 */
export async function openControlPlane(
  invocation: Invocation,
  options: ControlPlaneOptions,
): Promise<ControlPlane> {
  const url = await controlPlaneUrl(invocation, options.url)
  const config = (await readConfig(invocation.env)).servers[url.href]
  const { apiKey, keySource } = await credential(invocation, options, config, url)
  if (isReadableOnTheWay(url))
    invocation.print.warn(`${url.origin} is not https: your API key can be read on the way`)

  const request = (method: string, path: string, { json, query = {}, etag }: Details): Promise<Answer> => {
    const target = new URL(`api/${path}`, url)
    for (const [name, value] of Object.entries(query)) {
      if (value !== undefined) target.searchParams.set(name, String(value))
    }
    return ask(invocation, {
      url: target,
      method,
      json,
      timeoutMs: options.timeout,
      headers: {
        authorization: `Bearer ${apiKey}`,
        ...(etag !== undefined && { 'if-match': etag }),
        // A creation that a proxy repeats happens once.
        ...(method === 'POST' && { 'idempotency-key': randomUUID() }),
      },
    })
  }
  const found = <Resource>(answer: Answer, schema: z.ZodType<Resource>, what: string): Found<Resource> => ({
    resource: readAnswer(answer, schema, what),
    etag: answer.headers.get('etag') ?? undefined,
  })

  return {
    url,
    keySource,
    config,
    apiKey,
    get: async (what, path, schema, details = {}) => found(await request('GET', path, details), schema, what),
    async list<Item>(
      what: string,
      path: string,
      item: z.ZodType<Item>,
      { limit, query, ...details }: Details & { readonly limit: number },
    ) {
      const page = z.object({ items: z.array(item), next: z.string().nullish() })
      const items: Item[] = []
      const seen = new Set<string>()
      let after: string | undefined
      // A page may be empty and not the last one; there are not endlessly many of them.
      for (let pages = 0; pages < MAX_PAGES; pages += 1) {
        const size = Math.min(PAGE_SIZE, limit - items.length)
        const answer = await request('GET', path, { ...details, query: { ...query, limit: size, after } })
        const read = readAnswer(answer, page, what)
        items.push(...read.items.slice(0, size))
        const next = read.next ?? null
        if (next === null) return { items, isMore: false }
        // A cursor that comes again would go round for ever.
        if (items.length >= limit || seen.has(next)) break
        seen.add(next)
        after = next
      }
      return { items, isMore: true }
    },
    change: async (what, method, path, schema, details = {}) =>
      found(await request(method, path, details), schema, what),
    act: async (what, method, path, details = {}) => assertDone(await request(method, path, details), what),
  }
}

async function credential(
  invocation: Invocation,
  { apiKeyFile }: ControlPlaneOptions,
  config: ServerConfig | undefined,
  url: URL,
): Promise<Pick<ControlPlane, 'apiKey' | 'keySource'>> {
  if (apiKeyFile !== undefined) {
    return { apiKey: await readWord(invocation, apiKeyFile, 'API key'), keySource: 'file' }
  }
  const { PORTCULLIS_API_KEY: variable = '' } = invocation.env
  if (variable !== '') {
    if (!/^[\x21-\x7e]+$/.test(variable)) {
      throw new CliError('ERR_CLI_CREDENTIALS', 'PORTCULLIS_API_KEY is no API key')
    }
    return { apiKey: variable, keySource: 'environment' }
  }
  if (config !== undefined) return { apiKey: config.apiKey, keySource: 'config' }
  throw new CliError(
    'ERR_CLI_CREDENTIALS',
    `there is no API key for ${url.href}: run portcullis login, or set PORTCULLIS_API_KEY`,
  )
}

/** A part of a path, whatever it is. */
export function segment(text: string): string {
  // `.` and `..` would be read as steps in the path, encoded or not.
  if (text === '' || text === '.' || text === '..') {
    throw new CliError('ERR_CLI_USAGE', 'an id must not be empty, "." or ".."')
  }
  return encodeURIComponent(text)
}
