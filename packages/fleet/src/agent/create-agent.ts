import type { Subscription } from '@portcullis/transport'
import { changesFrameSchema } from '../change/change-schema.ts'
import { FleetError } from '../errors.ts'
import type { FleetEvents } from '../events.ts'
import { subscribeAll } from '../internal/subscribe-all.ts'
import { decodeFrame } from '../wire/frame.ts'
import { askFrameSchema } from '../wire/question.ts'
import { helloFrameSchema } from '../wire/report.ts'
import { askSubject, CHANGES_SUBJECT, HELLO_SUBJECT } from '../wire/subjects.ts'
import type { FleetAgent, FleetAgentOptions } from './agent.ts'
import { Answerer } from './answerer.ts'
import { ChangeFollower } from './change-follower.ts'
import { Reporter } from './reporter.ts'
import { agentSettings } from './settings.ts'

/**
 * Tells control planes what goes on in a gateway, answers what they ask, and hears of changes. A control plane that is away costs
 * nothing: what it misses it asks for.
 *
 * @throws TypeError naming the option
 */
export function createFleetAgent(options: FleetAgentOptions): FleetAgent {
  const settings = agentSettings(options)
  const { events, gatewayId, logger } = settings
  let phase: 'new' | 'open' | 'closed' = 'new'
  let subscriptions: Subscription[] = []
  let starting: Promise<void> | undefined
  let closing: Promise<void> | undefined
  let heard: (() => void) | undefined
  let ignored = 0

  const guarded = (what: string, step: () => void): void => {
    try {
      step()
    } catch (error) {
      logger.error({ err: error }, `${what} failed`)
    }
  }
  const reporter: Reporter = new Reporter(settings, () => {
    // Until somebody answers: the first time nobody may have been there.
    if (!follower.isHeard) reporter.missed([])
  })
  const answerer = new Answerer(settings)
  const follower: ChangeFollower = new ChangeFollower({
    onChange: (change) => guarded('applying a change', () => settings.onChange(change)),
    onGap: () => guarded('handling a gap', () => settings.onGap()),
    ask: (logs) => reporter.missed(logs),
  })

  function listen<T>(
    subject: string,
    schema: Parameters<typeof decodeFrame<T>>[1],
    take: (frame: T) => void,
  ): ReturnType<FleetEvents['subscribeEvents']> {
    return events.subscribeEvents(subject, (payload) => {
      if (phase !== 'open') return
      const frame = decodeFrame(payload, schema)
      if (frame === undefined) ignored += 1
      else guarded('a message of a control plane', () => take(frame))
    })
  }

  async function begin(): Promise<void> {
    phase = 'open'
    const first = new Promise<void>((resolve) => {
      heard = resolve
    })
    try {
      subscriptions = await subscribeAll([
        listen(askSubject(gatewayId), askFrameSchema, (frame) => void answerer.receive(frame)),
        listen(CHANGES_SUBJECT, changesFrameSchema, (frame) => {
          follower.receive(frame)
          heard?.()
        }),
        listen(HELLO_SUBJECT, helloFrameSchema, ({ to }) => {
          if (to === undefined || to === gatewayId) reporter.snapshot(to === undefined)
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
    reporter.start()
    reporter.missed([])
    let timer: NodeJS.Timeout | undefined
    const late = new Promise<void>((resolve) => {
      timer = setTimeout(resolve, settings.startWaitMs)
    })
    await Promise.race([first, late])
    clearTimeout(timer)
  }

  async function stop(): Promise<void> {
    const wasOpen = phase === 'open'
    phase = 'closed'
    heard?.()
    if (wasOpen) reporter.close()
    answerer.close()
    follower.close()
    await Promise.all(subscriptions.map((subscription) => subscription.close()))
  }

  return {
    start() {
      if (phase === 'closed') return Promise.reject(new FleetError('ERR_FLEET_CLOSED', 'the agent is closed'))
      starting ??= begin()
      return starting
    },
    sessionOpened: (session) => guarded('telling of a session', () => reporter.opened(session)),
    sessionClosed: (sessionId) => guarded('telling of a session', () => reporter.closed(sessionId)),
    stats: () => ({
      sessions: reporter.sessions,
      questions: answerer.count,
      framesOut: reporter.framesOut,
      framesLost: reporter.framesLost,
      snapshots: reporter.snapshots,
      changes: follower.changes,
      gaps: follower.gaps,
      ignored,
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
