import type { Subscription } from '@portcullis/transport'
import { BUCKET_COUNT } from '../counters/counters-schema.ts'
import type { FleetProjectCounters } from '../counters/fleet-counters.ts'
import { FleetError } from '../errors.ts'
import { integerOption } from '../internal/settings.ts'
import { publish } from '../internal/publish.ts'
import { subscribeAll } from '../internal/subscribe-all.ts'
import { unknownQuestion } from '../question/answer-with.ts'
import { isQuestion } from '../question/question-schemas.ts'
import type { FleetQuestion } from '../question/questions.ts'
import { decodeFrame, encodeFrame } from '../wire/frame.ts'
import { answerFrameSchema, MAX_ASK_MS } from '../wire/question.ts'
import { type ReportFrame, reportFrameSchema } from '../wire/report.ts'
import { answerSubject, HELLO_SUBJECT, reportSubject } from '../wire/subjects.ts'
import { Announcer } from './announcer.ts'
import { Asker } from './asker.ts'
import { type Budget, GatewayRecord } from './gateway-record.ts'
import { type Happened, POINTS, SeriesStore } from './series.ts'
import { sessionPage } from './session-page.ts'
import { viewSettings } from './settings.ts'
import type { FleetView, FleetViewOptions } from './view.ts'

const TICK_MS = 250
const MISSED_REPORTS = 4
/** A report can be late by as much without being missed. */
const SLACK_MS = 500
/** Who has heard the first hello begins to answer within. */
const HELLO_ANSWER_MS = 400
const FORGET_EVERY_SLOTS = 60

/**
 * Sees all gateways of a fleet: their sessions and counters as they report them, and asks them questions. Everything it keeps is
 * bounded; what does not fit is counted.
 *
 * @throws TypeError naming the option
 */
export function createFleetView(options: FleetViewOptions): FleetView {
  const settings = viewSettings(options)
  const { events, logger, controlPlaneId } = settings
  const gateways = new Map<string, GatewayRecord>()
  const budget: Budget = {
    sessions: 0,
    projects: 0,
    maxSessions: settings.maxSessions,
    maxProjects: settings.maxProjects,
  }
  const series = new SeriesStore(settings.maxSeries, settings.pointMs)
  const asker = new Asker(settings)
  const announcer = new Announcer(settings)
  let phase: 'new' | 'open' | 'closed' = 'new'
  let starting: Promise<void> | undefined
  let closing: Promise<void> | undefined
  let subscriptions: Subscription[] = []
  let timer: NodeJS.Timeout | undefined
  let tickedAt = 0
  let helloAt = Number.NEGATIVE_INFINITY
  let slot = 0
  let framesIn = 0
  let framesLost = 0
  let gaps = 0
  let ignored = 0

  const now = (): number => performance.now()
  /** Of a clock that is never put back. */
  const nowMs = (): number => performance.timeOrigin + performance.now()

  function hello(to?: string): void {
    const frame = encodeFrame({ from: controlPlaneId, ...(to === undefined ? {} : { to }) })
    if (publish(events, HELLO_SUBJECT, frame) !== 'sent') framesLost += 1
  }

  function onReport(payload: Uint8Array, subject: string): void {
    const frame = decodeFrame(payload, reportFrameSchema)
    if (!frame || subject !== reportSubject(frame.from)) {
      ignored += 1
      return
    }
    const gateway = recordOf(frame)
    if (!gateway) {
      ignored += 1
      return
    }
    framesIn += 1
    const came = gateway.receive(frame, now(), (after, before) => note(gateway, after, before))
    if (came !== 'ok') gaps += 1
    if (came === 'late') return
    if (frame.kind === 'bye') forget(gateway)
    else if (frame.kind === 'missed') announcer.missed(frame.logs)
    if (frame.kind !== 'bye' && gateway.shouldAsk(now())) hello(gateway.id)
  }

  function recordOf(frame: ReportFrame): GatewayRecord | undefined {
    const known = gateways.get(frame.from)
    if (known?.epoch === frame.epoch) return known
    // Of two that report as one the older is not heard, so that they do not take turns.
    if (known && frame.startedAt < known.startedAt) return undefined
    if (frame.kind === 'bye') return undefined
    if (known) forget(known)
    else if (gateways.size >= settings.maxGateways) return undefined
    const gateway = new GatewayRecord(frame, budget, now(), helloAt + HELLO_ANSWER_MS)
    gateways.set(frame.from, gateway)
    logger.info({ gatewayId: frame.from }, 'a gateway has joined')
    // It waits to hear of somebody.
    announcer.beat()
    return gateway
  }

  function forget(gateway: GatewayRecord): void {
    gateways.delete(gateway.id)
    gateway.clear()
    asker.gone(gateway.id)
    logger.info({ gatewayId: gateway.id }, 'a gateway has left')
  }

  /** What has happened in a project since the gateway's report before. */
  function note(gateway: GatewayRecord, after: FleetProjectCounters, before: FleetProjectCounters): void {
    const happened = difference(after, before)
    if (!happened) return
    const at = series.slotOf(nowMs())
    series.add(ALL, at, happened)
    series.add(gatewayKey(gateway.id), at, happened)
    series.add(projectKey(after.workspaceId, after.projectId), at, happened)
  }

  function tick(): void {
    const at = now()
    const isStalled = at - tickedAt > 4 * TICK_MS
    tickedAt = at
    // After a pause of this process the reports of the meantime are still to be read.
    if (!isStalled) sweep(at)
    const current = series.slotOf(nowMs())
    if (current === slot) return
    noteConnections(slot)
    slot = current
    if (slot % FORGET_EVERY_SLOTS === 0) series.forget(slot)
  }

  function sweep(at: number): void {
    for (const gateway of [...gateways.values()]) {
      if (at - gateway.heardAt > MISSED_REPORTS * gateway.intervalMs + SLACK_MS) forget(gateway)
      else if (gateway.shouldAsk(at)) hello(gateway.id)
    }
  }

  function noteConnections(at: number): void {
    const perKey = new Map<string, number>([[ALL, 0]])
    const add = (key: string, connections: number): void => {
      perKey.set(key, (perKey.get(key) ?? 0) + connections)
    }
    for (const gateway of gateways.values()) {
      const { connections } = gateway.describe()
      add(ALL, connections)
      add(gatewayKey(gateway.id), connections)
      for (const { counters } of gateway.projects.values()) {
        add(projectKey(counters.workspaceId, counters.projectId), counters.connections)
      }
    }
    for (const [key, connections] of perKey) series.setConnections(key, at, connections)
  }

  async function begin(): Promise<void> {
    phase = 'open'
    try {
      subscriptions = await subscribeAll([
        events.subscribeEvents(reportSubject('*'), (payload, subject) => {
          if (phase === 'open') guarded(() => onReport(payload, subject))
        }),
        events.subscribeEvents(answerSubject(controlPlaneId), (payload) => {
          if (phase !== 'open') return
          const frame = decodeFrame(payload, answerFrameSchema)
          if (!frame || !asker.receive(frame)) ignored += 1
        }),
      ])
    } catch (error) {
      phase = 'closed'
      throw error
    }
    if (phase !== 'open') {
      await Promise.all(subscriptions.map((subscription) => subscription.close()))
      return
    }
    slot = series.slotOf(nowMs())
    tickedAt = now()
    timer = setInterval(() => guarded(tick), TICK_MS).unref()
    helloAt = now()
    hello()
    announcer.start()
  }

  function guarded(step: () => void): void {
    try {
      step()
    } catch (error) {
      logger.error({ err: error }, 'a message of a gateway could not be handled')
    }
  }

  async function stop(): Promise<void> {
    phase = 'closed'
    clearInterval(timer)
    announcer.close()
    asker.close()
    await Promise.all(subscriptions.map((subscription) => subscription.close()))
    for (const gateway of gateways.values()) gateway.clear()
    gateways.clear()
  }

  /** The longest running of those that answer it. */
  function choose(question: FleetQuestion): string {
    const chosen = [...gateways.values()]
      .filter(({ answers }) => answers.includes(question))
      .toSorted((a, b) => a.startedAt - b.startedAt || (a.id < b.id ? -1 : 1))[0]
    if (chosen) return chosen.id
    if (gateways.size > 0) throw unknownQuestion()
    throw new FleetError('ERR_FLEET_NO_GATEWAY', 'no gateway is there to be asked')
  }

  return {
    controlPlaneId,
    start() {
      if (phase === 'closed') return Promise.reject(new FleetError('ERR_FLEET_CLOSED', 'the view is closed'))
      starting ??= begin()
      return starting
    },
    publishChange: (change) => announcer.announce(change),
    gateways: () =>
      [...gateways.values()]
        .map((gateway) => gateway.describe())
        .toSorted((a, b) => (a.gatewayId < b.gatewayId ? -1 : 1)),
    sessions: (query = {}) => sessionPage(gateways.values(), query),
    session(sessionId) {
      for (const gateway of gateways.values()) {
        const kept = gateway.sessions.get(sessionId)
        if (kept) return { ...kept.session, gatewayId: gateway.id }
      }
      return null
    },
    series({ workspaceId, projectId, gatewayId, minutes } = {}) {
      if (projectId !== undefined && workspaceId === undefined) {
        throw new TypeError('"projectId" option needs "workspaceId"')
      }
      if (gatewayId !== undefined && workspaceId !== undefined) {
        throw new TypeError('"gatewayId" option cannot go with "workspaceId"')
      }
      const span = integerOption('minutes', minutes, 15, 1, 60) * 60_000
      const count = Math.min(Math.ceil(span / settings.pointMs), POINTS)
      return series.points(taker(workspaceId, projectId, gatewayId), series.slotOf(nowMs()), count)
    },
    async ask(gatewayId, question, args, { timeoutMs } = {}) {
      const wait = integerOption('timeoutMs', timeoutMs, settings.askTimeoutMs, 1, MAX_ASK_MS)
      if (!isQuestion(question)) throw new TypeError('"question" must be the name of a question')
      if (phase !== 'open') throw new FleetError('ERR_FLEET_CLOSED', 'the view is not open')
      if (settings.answers[question]) return asker.answer(question, args, wait)
      if (gatewayId !== null && !gateways.has(gatewayId)) {
        throw new FleetError('ERR_FLEET_GATEWAY_UNKNOWN', 'the gateway is not there')
      }
      return asker.ask(gatewayId ?? choose(question), question, args, wait)
    },
    stats: () => ({
      gateways: gateways.size,
      sessions: budget.sessions,
      droppedSessions: [...gateways.values()].reduce((sum, { dropped }) => sum + dropped, 0),
      series: series.size,
      questions: asker.count,
      framesIn,
      gaps,
      ignored,
      framesLost: framesLost + announcer.lost,
    }),
    close() {
      closing ??= stop()
      return closing
    },
    async [Symbol.asyncDispose]() {
      await this.close()
    },
  }
}

const ALL = 'all'

function gatewayKey(gatewayId: string): string {
  return `gateway/${gatewayId}`
}

function projectKey(workspaceId: string, projectId: string): string {
  return `project/${workspaceId}/${projectId}`
}

function taker(
  workspaceId: string | undefined,
  projectId: string | undefined,
  gatewayId: string | undefined,
): (key: string) => boolean {
  if (gatewayId !== undefined) return (key) => key === gatewayKey(gatewayId)
  if (workspaceId === undefined) return (key) => key === ALL
  if (projectId !== undefined) return (key) => key === projectKey(workspaceId, projectId)
  return (key) => key.startsWith(projectKey(workspaceId, ''))
}

/** Undefined when nothing has happened. Totals that shrink are somebody's mistake, and count as nothing. */
function difference(after: FleetProjectCounters, before: FleetProjectCounters): Happened | undefined {
  const buckets = new Float64Array(BUCKET_COUNT)
  let stored = 0
  for (let n = 0; n < BUCKET_COUNT; n += 1) {
    buckets[n] = Math.max(0, (after.latency.buckets[n] ?? 0) - (before.latency.buckets[n] ?? 0))
    stored += buckets[n] ?? 0
  }
  const received = Math.max(0, after.received - before.received)
  const delivered = Math.max(0, after.delivered - before.delivered)
  const refused = Math.max(0, after.refused - before.refused)
  return received + delivered + refused + stored > 0 ? { received, delivered, refused, buckets } : undefined
}
