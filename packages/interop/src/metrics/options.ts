import { integerOption } from '@portcullis/auth-core'
import type { InteropLogger } from '../gateway/logger.ts'
import { isJsonObject } from '../protocol/parse.ts'
import { compileFilters, type MetricFilters } from './filters.ts'
import {
  createCustomPublisher,
  createModulePublisher,
  type CustomPublisher,
  isCustomPublisher,
} from './publishers/custom-publisher.ts'
import { createFilePublisher } from './publishers/file-publisher.ts'
import type { Publisher } from './publishers/publisher.ts'
import type { RunnerSettings } from './publishers/publisher-runner.ts'
import { createRestPublisher } from './publishers/rest-publisher.ts'

/** What every publisher can be told. */
export interface PublisherOptions {
  /** What it is given. @defaultValue those of `metrics.filters`, else everything */
  filters?: MetricFilters | undefined
  /** Time between the heartbeats of a repository, milliseconds; 0 for none. @defaultValue 1000 */
  heartbeats?: number | undefined
  /** Heartbeats and values that wait for the publisher. @defaultValue 10000 */
  buffer_size?: number | undefined
  /**
   * With it, a value that still waits is replaced by a newer one of the same metric of the same repository; without it every
   * value is published. `max_size` is how many metrics may wait. @defaultValue none
   */
  conflation?: { max_size?: number | undefined } | undefined
  /** Values of one repository in one update. @defaultValue 1 */
  split_size?: number | undefined
  /** Longest wait for one update, for the start and for the end of the publisher, milliseconds. @defaultValue 10000 */
  timeout?: number | undefined
}

export interface RestPublisherOptions extends PublisherOptions {
  /** Each update is posted to this `http:` or `https:` URL as JSON. */
  endpoint: string | URL
  /**
   * `user` and `password`: HTTP Basic. `path`, of the same origin as `endpoint`: is asked for first with `GET` (and HTTP Basic
   * if there is a user), and the cookies it sets go with the updates. @defaultValue false
   */
  authentication?:
    | false
    | { user?: string | undefined; password?: string | undefined; path?: string | undefined }
    | undefined
  headers?: ConstructorParameters<typeof Headers>[0] | undefined
  /** In place of the global `fetch`. */
  fetch?: typeof globalThis.fetch | undefined
}

export interface FilePublisherOptions extends PublisherOptions {
  /** The file; one update per line, as JSON. */
  location: string
  /** Whether what is in the file stays when the gateway starts. @defaultValue false */
  append?: boolean | undefined
  /** Whether the states of repositories are written too. @defaultValue false */
  status?: boolean | undefined
}

export interface CustomPublisherOptions extends PublisherOptions {
  publisher: {
    /** A module whose default export is `(configuration, logger) => publisher`. */
    file: string
    configuration?: unknown
  }
  /** Given to the publisher's `startup`. */
  context?: unknown
}

/** A publisher as an object; the settings may stand in it or in its `configuration`. */
export interface InlinePublisher extends CustomPublisher, PublisherOptions {
  /** For logs and numbers. @defaultValue "publisher-" and its place in the list */
  name?: string | undefined
  /** Given to `startup`. */
  context?: unknown
  configuration?: unknown
}

/** What the gateway does with the metrics of its clients. */
export interface MetricsOptions {
  /** `rest`, `file`, `custom`, each with a section of that name beside this list, or publishers as objects. */
  publishers?: readonly ('rest' | 'file' | 'custom' | InlinePublisher)[] | undefined
  rest?: RestPublisherOptions | undefined
  file?: FilePublisherOptions | undefined
  custom?: CustomPublisherOptions | undefined
  /** For publishers without filters of their own. */
  filters?: MetricFilters | undefined
  /** Numbers that are kept for scraping. @defaultValue 10000 */
  maxSeries?: number | undefined
}

export interface PublisherSetup {
  readonly publisher: Publisher
  readonly settings: RunnerSettings
}

export interface MetricsSettings {
  readonly publishers: readonly PublisherSetup[]
  readonly maxSeries: number
}

const MAX_TIMER_MS = 2_147_483_647
const MAX_PUBLISHERS = 16
const DRAIN_MS = 5000
const RETRIES = 5
const BACKOFF_MS = 250

type Section = Readonly<Record<string, unknown>>

/**
 * @param maxSize characters, about, of the values that wait for one publisher
 * @throws TypeError naming the option
 */
export function metricsSettings(
  options: MetricsOptions,
  maxSize: number,
  logger: InteropLogger,
): MetricsSettings {
  if (typeof options !== 'object' || options === null) throw new TypeError('"metrics" must be an object')
  const { publishers = [] } = options
  if (!Array.isArray(publishers) || publishers.length > MAX_PUBLISHERS) {
    throw new TypeError(`"metrics.publishers" must be a list of at most ${MAX_PUBLISHERS} publishers`)
  }
  const names = new Set<string>()
  const setups = (publishers as unknown[]).map((entry, index) => {
    const path = `metrics.publishers[${index}]`
    const { name, at, section, publisher, retries } = source(entry, options, path, index, logger)
    if (names.has(name)) throw new TypeError(`"${path}" is listed twice`)
    names.add(name)
    return { publisher, settings: runnerSettings({ name, at, section, retries, options, maxSize }) }
  })
  return {
    publishers: setups,
    maxSeries: integerOption('metrics.maxSeries', options.maxSeries, 10_000, 0),
  }
}

interface Source {
  readonly name: string
  /** Where its settings stand. */
  readonly at: string
  readonly section: Section
  readonly publisher: Publisher
  readonly retries: number
}

function source(
  entry: unknown,
  options: MetricsOptions,
  path: string,
  index: number,
  logger: InteropLogger,
): Source {
  if (entry === 'rest') {
    const section = sectionOf(options.rest, 'metrics.rest')
    return { name: entry, at: 'metrics.rest', section, publisher: rest(section), retries: RETRIES }
  }
  if (entry === 'file') {
    const section = sectionOf(options.file, 'metrics.file')
    return { name: entry, at: 'metrics.file', section, publisher: file(section), retries: RETRIES }
  }
  if (entry === 'custom') {
    const section = sectionOf(options.custom, 'metrics.custom')
    return { name: entry, at: 'metrics.custom', section, publisher: custom(section, logger), retries: 0 }
  }
  if (!isCustomPublisher(entry)) {
    throw new TypeError(`"${path}" must be "rest", "file", "custom" or an object with a "function"`)
  }
  const { name = `publisher-${index}`, context, configuration } = entry as InlinePublisher
  if (typeof name !== 'string') throw new TypeError(`"${path}.name" must be a text`)
  return {
    name,
    at: path,
    section: { ...(isJsonObject(configuration) ? configuration : {}), ...(entry as object) },
    publisher: createCustomPublisher(entry, context),
    retries: 0,
  }
}

function runnerSettings({
  name,
  at,
  section,
  retries,
  options,
  maxSize,
}: {
  name: string
  at: string
  section: Section
  retries: number
  options: MetricsOptions
  maxSize: number
}): RunnerSettings {
  const number = (key: string, fallback: number, min: number, max?: number): number =>
    integerOption(`${at}.${key}`, (section[key] ?? undefined) as number | undefined, fallback, min, max)
  const maxEntries = number('buffer_size', 10_000, 1)
  return {
    name,
    filter:
      section.filters === undefined
        ? compileFilters(options.filters, 'metrics.filters')
        : compileFilters(section.filters, `${at}.filters`),
    heartbeatMs: number('heartbeats', 1000, 0, MAX_TIMER_MS),
    timeoutMs: number('timeout', 10_000, 1, MAX_TIMER_MS),
    maxEntries,
    maxSize,
    splitSize: number('split_size', 1, 1),
    conflation: conflation(section.conflation, maxEntries, `${at}.conflation`),
    drainMs: DRAIN_MS,
    maxRetries: retries,
    backoffMs: BACKOFF_MS,
  }
}

function conflation(value: unknown, maxEntries: number, path: string): RunnerSettings['conflation'] {
  if (value === undefined || value === null || value === false) return undefined
  if (!isJsonObject(value)) throw new TypeError(`"${path}" must be an object`)
  return {
    maxEntries: integerOption(`${path}.max_size`, value.max_size as number | undefined, maxEntries, 1),
  }
}

function rest(section: Section): Publisher {
  const endpoint = urlOf(section.endpoint, undefined, 'metrics.rest.endpoint')
  const { authentication = false, fetch = (...input) => globalThis.fetch(...input) } =
    section as Partial<RestPublisherOptions>
  if (typeof fetch !== 'function') throw new TypeError('"metrics.rest.fetch" must be a function')
  const headers = headersOf(section.headers)
  const at = 'metrics.rest.authentication'
  if (authentication === false) {
    return createRestPublisher({ endpoint, headers, fetch, authorization: undefined, login: undefined })
  }
  if (!isJsonObject(authentication)) throw new TypeError(`"${at}" must be false or an object`)
  const { user, password, path } = authentication
  const authorization = basic(user, password, at)
  if (authorization !== undefined && headers.has('authorization')) {
    throw new TypeError(`"${at}" and an authorization in "metrics.rest.headers" contradict each other`)
  }
  const login = path === undefined ? undefined : urlOf(path, endpoint, `${at}.path`)
  if (login !== undefined && login.origin !== endpoint.origin) {
    throw new TypeError(`"${at}.path" must be of the origin of "metrics.rest.endpoint"`)
  }
  return createRestPublisher({ endpoint, headers, fetch, authorization, login })
}

function basic(user: unknown, password: unknown, path: string): string | undefined {
  if (user === undefined && password === undefined) return undefined
  if (typeof user !== 'string' || user.includes(':')) {
    throw new TypeError(`"${path}.user" must be a text without a colon`)
  }
  if (typeof password !== 'string') throw new TypeError(`"${path}.password" must be a text`)
  return `Basic ${Buffer.from(`${user}:${password}`).toString('base64')}`
}

/** Says nothing of the value: it may hold what is secret. */
function urlOf(value: unknown, base: URL | undefined, path: string): URL {
  const text = value instanceof URL ? value.href : value
  const url = typeof text === 'string' && URL.canParse(text, base?.href) ? new URL(text, base) : undefined
  if (url === undefined || (url.protocol !== 'http:' && url.protocol !== 'https:')) {
    throw new TypeError(`"${path}" must be an http or https URL`)
  }
  if (url.username !== '' || url.password !== '') {
    throw new TypeError(`"${path}" must not hold credentials; they belong to "metrics.rest.authentication"`)
  }
  return url
}

function headersOf(value: unknown): Headers {
  try {
    return new Headers((value ?? undefined) as Exclude<RestPublisherOptions['headers'], undefined>)
  } catch {
    throw new TypeError('"metrics.rest.headers" must be headers')
  }
}

function file(section: Section): Publisher {
  const { location, append = false, status = false } = section
  if (typeof location !== 'string' || location === '') {
    throw new TypeError('"metrics.file.location" must be a path')
  }
  if (typeof append !== 'boolean') throw new TypeError('"metrics.file.append" must be a boolean')
  if (typeof status !== 'boolean') throw new TypeError('"metrics.file.status" must be a boolean')
  return createFilePublisher({ location, append, status })
}

function custom(section: Section, logger: InteropLogger): Publisher {
  const { publisher, context } = section
  if (!isJsonObject(publisher) || typeof publisher.file !== 'string' || publisher.file === '') {
    throw new TypeError('"metrics.custom.publisher.file" must be a path')
  }
  const { file: module, configuration } = publisher
  return createModulePublisher({ file: module, configuration, context }, logger)
}

function sectionOf(value: unknown, path: string): Section {
  if (!isJsonObject(value)) throw new TypeError(`"${path}" must be an object`)
  return value
}
